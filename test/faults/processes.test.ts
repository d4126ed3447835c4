import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { darklang } from "@darksync/language/darklang";
import { readDeviceKey } from "@darksync/node/device-key";
import { replicaPorts } from "@darksync/node/process-ports";
import { socketTransport } from "@darksync/node/socket-transport";
import { openReplicaStore } from "@darksync/node/sqlite/replica-store";
import { processTimers } from "@darksync/node/timers";
import { save } from "@darksync/runtime/edit/save";
import { openReplica } from "@darksync/runtime/replica/replica";
import { SyncSession } from "@darksync/runtime/replica/sync-session";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { type RelayProcess, startRelay } from "../support/relay.js";
import { eventually, type SyncFields, Teammate, testFolder, testRelay } from "../support/team.js";
import { seed, seededChance } from "./support/chance.js";
import { FaultProxy } from "./support/fault-proxy.js";
import { changeIds, claimedBlocks, databaseOf, readRelay, readSpace, viewOf } from "./support/space-reads.js";
import { startWatching } from "./support/watching.js";

/** Ada with a space on a relay of her own. */
async function newTeam(): Promise<{ folder: string; data: string; relay: RelayProcess; ada: Teammate }> {
  const folder = testFolder();
  const data = join(folder, "relay");
  const relay = await testRelay(data);
  const ada = new Teammate("ada", folder);
  await ada.init("Acme");
  await ada.do("sync", "--relay", relay.url);
  await ada.do("sync", "--strategy", "lazy");
  return { folder, data, relay, ada };
}

async function newTeammate(name: string, folder: string, url: string): Promise<Teammate> {
  const mate = new Teammate(name, folder);
  await mate.join(url);
  await mate.do("sync", "--strategy", "lazy");
  return mate;
}

const isIn =
  (...states: readonly string[]) =>
  (fields: SyncFields) =>
    states.includes(fields.state);
const isSynced = ({ state, pending }: SyncFields) => state === "synced" && pending === 0;

/** All have the same, once, and what they show as synced is with the relay. */
async function expectAgreement(data: string, mates: readonly Teammate[]): Promise<void> {
  for (const mate of [...mates, ...mates])
    expect((await mate.sync()).sync).toMatchObject({ state: "synced", pending: 0 });
  const { blocks, changes } = readRelay(data);
  expect(new Set(changes).size).toBe(changes.length);
  for (const { folder } of mates) {
    expect((readSpace(folder, claimedBlocks) ?? []).filter((block) => !blocks.has(block))).toEqual([]);
    expect((readSpace(folder, changeIds) ?? []).toSorted()).toEqual(changes.toSorted());
    expect(readSpace(folder, viewOf)).toEqual(readSpace(mates[0]?.folder ?? "", viewOf));
  }
}

test("M9, S6: while the relay's process stands still, a watching sync says offline; when it goes on, all goes on", async () => {
  const { ada, relay, data } = await newTeam();
  startWatching(ada.folder);
  await eventually(() => ada.fields(), isSynced);
  process.kill(relay.pid, "SIGSTOP");
  await ada.saveValue("Acme.a", 1);
  const held = await eventually(() => ada.fields(), isIn("offline", "failed"));
  expect(held.pending).toBe(1);
  process.kill(relay.pid, "SIGCONT");
  await eventually(() => ada.fields(), isSynced);
  expect(readRelay(data).changes).toHaveLength(2);
});

/** Whether no process holds the lock on a database. */
function mayWrite(path: string): boolean {
  const database = new Database(path, { timeout: 0 });
  try {
    database.exec("begin immediate; rollback");
    return true;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) return false;
    throw error;
  } finally {
    database.close();
  }
}

test("S5: a watching sync that stands still keeps nobody from working, and what it did not send is not shown as synced", async () => {
  const { ada, relay, folder, data } = await newTeam();
  const bob = await newTeammate("bob", folder, relay.url);
  const watching = startWatching(ada.folder);
  await eventually(() => ada.fields(), isSynced);
  // One that stands still in the middle of a write keeps its lock: others wait, and are told so.
  await eventually(
    () => {
      watching.child.kill("SIGSTOP");
      const isFree = mayWrite(databaseOf(ada.folder));
      if (!isFree) watching.child.kill("SIGCONT");
      return isFree;
    },
    (isFree) => isFree,
  );
  await ada.saveValue("Acme.a", 1);
  const held = await ada.fields();
  expect(held.pending).toBe(1);
  expect(held.state).not.toBe("synced");
  expect(await bob.sync()).toMatchObject({ pulled: 0 });
  watching.child.kill("SIGCONT");
  await eventually(() => ada.fields(), isSynced);
  expect(await watching.stop()).toBe(0);
  await expectAgreement(data, [ada, bob]);
});

test("S2: a watching sync that is killed leaves nothing behind that another sync stumbles over", async () => {
  const { ada, data } = await newTeam();
  const watching = startWatching(ada.folder);
  await eventually(() => ada.fields(), isSynced);
  await watching.kill();
  await ada.saveValue("Acme.a", 1);
  expect((await ada.fields()).state).toBe("offline");
  await expectAgreement(data, [ada]);
});

test("S6: a watching sync whose network is cut and comes back says so, and catches up", async () => {
  const { ada, relay, folder, data } = await newTeam();
  const bob = await newTeammate("bob", folder, relay.url);
  const proxy = await FaultProxy.start(relay.port);
  try {
    await ada.do("sync", "--relay", proxy.url);
    startWatching(ada.folder);
    await eventually(() => ada.fields(), isSynced);
    for (const cut of [{ blackhole: true }, { refuses: true }]) {
      proxy.faults = cut;
      if (cut.refuses === true) proxy.reset();
      await ada.saveValue("Acme.a", cut.refuses === true ? 2 : 1);
      await eventually(() => ada.fields(), isIn("offline"));
      proxy.faults = {};
      await eventually(() => ada.fields(), isSynced);
    }
    await bob.sync();
    expect(readSpace(bob.folder, viewOf)).toEqual(readSpace(ada.folder, viewOf));
  } finally {
    await proxy.stop();
  }
  expect(new Set(readRelay(data).changes).size).toBe(4);
});

test("S1: processes that work on one space at once lose nothing and double nothing", async () => {
  const { ada, relay, folder, data } = await newTeam();
  const bob = await newTeammate("bob", folder, relay.url);
  const writers = 4;
  const each = 5;
  const watching = startWatching(ada.folder);
  const saved = await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      const ids: string[] = [];
      for (let number = 0; number < each; number += 1)
        ids.push(await ada.saveValue(`Acme.w${writer}n${number}`, number));
      return ids;
    }),
  );
  await Promise.all([ada.try("sync"), ada.try("sync", "--status"), ada.try("doctor")]);
  await eventually(() => ada.fields(), isSynced);
  await watching.stop();
  const ids = new Set(saved.flat());
  expect(ids.size).toBe(writers * each);
  const held = new Set(readSpace(ada.folder, changeIds));
  expect([...ids].filter((id) => !held.has(id))).toEqual([]);
  await expectAgreement(data, [ada, bob]);
  expect(await ada.do("doctor")).toMatchObject({ ok: true });
});

test("C3: an older copy of a space that is put back goes on in a new epoch, and loses what nobody else has alone", async () => {
  const { ada, relay, folder, data } = await newTeam();
  const bob = await newTeammate("bob", folder, relay.url);
  await ada.saveValue("Acme.a", 1);
  await ada.sync();
  cpSync(ada.folder, join(folder, "older"), { recursive: true });
  const sent = await ada.saveValue("Acme.b", 1);
  await ada.sync();
  const unsent = await ada.saveValue("Acme.c", 1);
  rmSync(ada.folder, { recursive: true });
  cpSync(join(folder, "older"), ada.folder, { recursive: true });
  const later = await ada.saveValue("Acme.d", 1);
  await expectAgreement(data, [ada, bob]);
  const changes = readSpace(bob.folder, changeIds);
  expect(changes).toEqual(expect.arrayContaining([sent, later]));
  expect(changes).not.toContain(unsent);
  expect(await ada.do("doctor")).toMatchObject({ ok: true });
});

test("L5: a relay restored from an older backup gets back what its clients hold, as if it had never been sent", async () => {
  const { ada, relay, folder, data } = await newTeam();
  const bob = await newTeammate("bob", folder, relay.url);
  await ada.saveValue("Acme.a", 1);
  await ada.sync();
  expect(await relay.stop()).toBe(0);
  cpSync(data, join(folder, "backup"), { recursive: true });
  const between = await startRelay(data, relay.port);
  await ada.saveValue("Acme.b", 1);
  await bob.saveValue("Acme.c", 1);
  for (const mate of [ada, bob, ada]) await mate.sync();
  await between.kill();
  rmSync(data, { recursive: true });
  cpSync(join(folder, "backup"), data, { recursive: true });
  await testRelay(data, relay.port);
  expect(readRelay(data).changes).toHaveLength(3);
  // Whoever comes first brings back the other's work, too; its own counts as sent once more.
  expect(await ada.sync()).toMatchObject({ pushed: 1, sync: { state: "synced", pending: 0 } });
  expect(readRelay(data).changes).toHaveLength(5);
  await expectAgreement(data, [ada, bob]);
});

/** Saves and sends one change after the other until the relay is killed; gives how many blocks it acknowledged. */
async function pushUntilKilled(mate: Teammate, victim: RelayProcess, livesMs: number): Promise<number> {
  const signer = readDeviceKey(join(mate.folder, ".darklang", "device.key"));
  if (!signer.ok) throw new Error(signer.problem.message);
  const store = openReplicaStore(databaseOf(mate.folder));
  const replica = await openReplica({ ...replicaPorts, store, signer: signer.value, language: darklang });
  const ports = { transport: socketTransport, timers: processTimers };
  const session = new SyncSession(replica, ports, `${victim.url.replace("http", "ws")}/v1`, "stay");
  const countClaimed = () => store.read(claimedBlocks).length;
  const before = countClaimed();
  const running = session.run();
  let isAlive = true;
  const killed = new Promise((resolve) => setTimeout(resolve, livesMs)).then(() => {
    isAlive = false;
    return victim.kill();
  });
  for (let number = 0; isAlive; number += 1) {
    const saved = await save(replica, "Acme.a", `let a = ${number}L\n`);
    expect(saved.ok).toBe(true);
    session.changed();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await killed;
  session.stop();
  await running;
  const acknowledged = countClaimed() - before;
  store.close();
  return acknowledged;
}

test("L5: of what a relay acknowledged before it was killed, nothing is lost", async () => {
  const { ada, data, relay } = await newTeam();
  const chance = seededChance(seed);
  await relay.stop();
  const acknowledged: number[] = [];
  for (let kill = 1; kill <= 10; kill += 1) {
    const victim = await startRelay(data, relay.port);
    acknowledged.push(await pushUntilKilled(ada, victim, 50 + chance() * 400));
    const { blocks } = readRelay(data);
    const claimed = readSpace(ada.folder, claimedBlocks) ?? [];
    expect(
      claimed.filter((block) => !blocks.has(block)),
      `seed ${seed}, kill ${kill}`,
    ).toEqual([]);
  }
  console.log(`blocks acknowledged before each kill: ${acknowledged.join(", ")}`);
  expect(acknowledged.filter((count) => count > 0).length).toBeGreaterThan(5);
  await testRelay(data, relay.port);
  await expectAgreement(data, [ada]);
});
