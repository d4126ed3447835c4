import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { Worker } from "node:worker_threads";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { type RelayRun, runRelay } from "../support/relay.js";
import { Teammate, testFolder, testRelay } from "../support/team.js";

interface Diagnosis {
  readonly ok: boolean;
  readonly problems: readonly { readonly code: string; readonly message: string; readonly space: string }[];
  readonly repaired: readonly string[];
  readonly missing: readonly string[];
  readonly kept: readonly string[];
}

/** A space with so many saves, a block each, on a relay that was stopped. */
async function stoppedRelay(saves = 0): Promise<{
  readonly data: string;
  readonly ada: Teammate;
  readonly port: number;
}> {
  const folder = testFolder();
  const data = join(folder, "relay");
  const relay = await testRelay(data);
  const ada = new Teammate("Ada", folder);
  await ada.init("Acme");
  await ada.do("sync", "--strategy", "lazy");
  await ada.do("sync", "--relay", relay.url);
  for (let value = 1; value <= saves; value += 1) {
    await ada.saveValue(`Acme.a${value}`, value);
    await ada.sync();
  }
  expect(await relay.stop()).toBe(0);
  return { data, ada, port: relay.port };
}

function doctor(data: string, ...options: readonly string[]): Promise<RelayRun> {
  return runRelay(["doctor", "--data", data, ...options]);
}

async function diagnosis(data: string, ...options: readonly string[]): Promise<Diagnosis> {
  const { stdout, stderr } = await doctor(data, "--json", ...options);
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as Diagnosis;
}

function databaseIn(data: string): string {
  const name = readdirSync(data).find((file) => /^[0-9a-f]{32}\.db$/.test(file));
  if (name === undefined) throw new Error("no database");
  return join(data, name);
}

/** A byte of the third block in `main/Acme` is another one now; SQLite itself finds nothing wrong with that. */
function rot(data: string): void {
  const database = new Database(databaseIn(data));
  const { key, bytes } = database
    .prepare(
      `select key, bytes from block join stream on key > stream.id * 4294967296 and key < (stream.id + 1) * 4294967296
      join log on log.id = stream.log_id where log.name = 'main/Acme' order by key limit 1 offset 2`,
    )
    .get() as { key: number; bytes: Buffer };
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  database.prepare("update block set bytes = ? where key = ?").run(bytes, key);
  database.close();
}

/** A sync fails and says why; what was saved goes on waiting. */
async function expectRefused(mate: Teammate): Promise<void> {
  const { code, json } = await mate.try("--json", "sync");
  expect(code).toBe(1);
  expect(json).toMatchObject({ error: { code: "relay-database-corrupt" } });
  expect(await mate.do("--offline", "status")).toMatchObject({ pending: 1 });
}

test("S8: doctor finds nothing wrong with a sound relay, and changes nothing", async () => {
  const { data } = await stoppedRelay();
  const before = readdirSync(data);
  const { code, stdout, stderr } = await doctor(data);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toBe("● Nothing is wrong with 1 space: databases, blocks, segments, manifests, key.\n");
  expect(await diagnosis(data)).toEqual({ ok: true, problems: [], repaired: [], missing: [], kept: [] });
  expect(readdirSync(data)).toEqual(before);
});

test("S8: doctor leaves a relay alone that is running, and says so", async () => {
  const { data, port } = await stoppedRelay();
  await testRelay(data, port);
  for (const options of [[], ["--repair"]]) {
    const { code, stderr } = await doctor(data, ...options);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .* is in use: .*\nhint: Stop it first.*\n$/);
  }
});

test("doctor says what it needs", async () => {
  const missing = await runRelay(["doctor"]);
  expect(missing.code).toBe(2);
  expect(missing.stderr).toMatch(/^error: .*--data.*\nhint: .*\n$/);
  const nowhere = await doctor(join(testFolder(), "none"));
  expect(nowhere.code).toBe(1);
  expect(nowhere.stderr).toMatch(/^error: there is no folder .*\nhint: .*\n$/);
});

test("S8, L5: what rotted is passed on to nobody, found by doctor, repaired, and brought back by a client", async () => {
  const { data, ada, port } = await stoppedRelay(4);
  rot(data);
  const found = await doctor(data);
  expect(found.code).toBe(1);
  expect(found.stdout).toContain("block 3 is not what its hash says");
  expect(found.stdout).toContain(`darklang-relay doctor --data ${data} --repair`);

  // Whoever asks for that block is refused, and from then on everybody is, after a restart too.
  const relay = await testRelay(data, port);
  const bob = new Teammate("Bob", testFolder());
  const join1 = await bob.try("--json", "join", relay.url, bob.folder, "--as", "Bob");
  expect(join1.json).toMatchObject({ error: { code: "relay-database-corrupt" } });
  await ada.saveValue("Acme.a1", 9);
  await expectRefused(ada);
  expect(await relay.metric("darksync_damaged_spaces")).toBe(1);
  const [told, ...others] = relay.lines
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === "failure");
  expect(told).toMatchObject({ code: "database-corrupt", hint: expect.stringContaining("doctor --data") });
  expect(others).toEqual([]);
  await relay.stop();
  const again = await testRelay(data, port);
  await expectRefused(ada);
  await again.stop();

  const repaired = await diagnosis(data, "--repair");
  expect(repaired).toMatchObject({ ok: true, problems: [] });
  expect(repaired.missing.join()).toContain("blocks 3 to");
  expect(repaired.kept.filter((path) => existsSync(path))).toHaveLength(1);
  const mended = await testRelay(data, port);
  expect(await ada.sync()).toMatchObject({ sync: { state: "synced", pending: 0 } });
  await bob.sync();
  expect(Object.keys(await bob.view())).toEqual(Object.keys(await ada.view()));
  await mended.stop();
  expect(await diagnosis(data)).toMatchObject({ ok: true });
});

test("S8: the thread in which a running relay looks at what it keeps, as it was built", async () => {
  const { data } = await stoppedRelay(4);
  const path = databaseIn(data);
  const database = { path, space: basename(path, ".db"), relayKey: null };
  const built = new URL("../../apps/relay/dist/check-relay-worker.js", import.meta.url);
  const look = async () => {
    const worker = new Worker(built);
    worker.postMessage(database);
    const [answer] = await once(worker, "message");
    await worker.terminate();
    return answer;
  };
  expect(await look()).toEqual({ problems: [] });
  rot(data);
  expect(await look()).toMatchObject({ problems: [{ code: "bad-block" }] });
});
