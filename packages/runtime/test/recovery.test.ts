import { cpSync } from "node:fs";
import { decodeBlock } from "@darksync/core/block";
import { decodeChange } from "@darksync/core/change";
import { changeOf } from "@darksync/core/op-id";
import type { Signer } from "@darksync/core/ports";
import { type LogName, vectorMaximum } from "@darksync/core/vector";
import { sha256, systemRandom } from "@darksync/node/crypto";
import { openRelaySpaces } from "@darksync/node/sqlite/relay-spaces";
import { openReplicaStore } from "@darksync/node/sqlite/replica-store";
import { expect, onTestFinished, test } from "vitest";
import { newSpaceId } from "../src/relay/relay.js";
import { ChangeReader } from "../src/replica/change-bytes.js";
import { dropDamagedBlocks, refoldAll } from "../src/replica/full-sync.js";
import { updateBeyond } from "../src/replica/log-view.js";
import type { Replica } from "../src/replica/replica.js";
import { SyncSession } from "../src/replica/sync-session.js";
import { expectSound } from "./support/check.js";
import {
  changesOf,
  contentOf,
  expectHonest,
  mustSync,
  newRelay,
  newReplica,
  newSigner,
  pendingOf,
  reopen,
  saveValue,
  sync,
  testFolder,
  viewOf,
} from "./support/team.js";
import { noTimers, Wire } from "./support/wire.js";

/** A replica in a file, which can be copied. */
interface OnDisk {
  readonly replica: Replica;
  readonly signer: Signer;
  readonly folder: string;
}

function opened(folder: string) {
  const store = openReplicaStore(`${folder}/space.db`);
  onTestFinished(() => store.close());
  return store;
}

async function onDisk(member: string, space: string): Promise<OnDisk> {
  const folder = testFolder();
  const signer = newSigner();
  return { replica: await newReplica(member, space, opened(folder), signer), signer, folder };
}

/** Copies a replica's files as a backup would; the write-ahead log is part of them. */
async function copyOf({ folder, signer }: OnDisk): Promise<OnDisk> {
  const copy = testFolder();
  cpSync(folder, copy, { recursive: true });
  return { replica: await reopen(opened(copy), signer), signer, folder: copy };
}

async function setUp(): Promise<{ wire: Wire; space: string; ada: OnDisk; bob: Replica }> {
  const wire = new Wire(newRelay());
  const space = newSpaceId(systemRandom);
  const ada = await onDisk("Ada", space);
  await saveValue(ada.replica, "Acme.a", 1);
  await mustSync(ada.replica, wire);
  const bob = await newReplica("Bob", "");
  await mustSync(bob, wire);
  return { wire, space, ada, bob };
}

/** All have all, the relay has each change once, and nobody says what is not so. */
async function expectHealed(wire: Wire, space: string, team: readonly Replica[], ids: readonly string[]) {
  for (const replica of [...team, ...team]) await mustSync(replica, wire);
  const { changes } = contentOf(wire.relay, space);
  expect(new Set(changes).size).toBe(changes.length);
  for (const id of ids) expect(changes).toContain(id);
  for (const replica of team) {
    expect(changesOf(replica)).toEqual([...changes].sort());
    expect(viewOf(replica)).toEqual(viewOf(team[0] ?? replica));
    expect(pendingOf(replica)).toBe(0);
    expect(replica.store.read(({ queue }) => queue.list())).toEqual([]);
    expectHonest(replica, wire.relay);
    await expectSound(replica);
  }
}

test("C3: an older copy of a replica's database is put back: what it lost comes from the relay, and it goes on", async () => {
  const { wire, space, ada, bob } = await setUp();
  const backup = await copyOf(ada);
  const ids = [await saveValue(ada.replica, "Acme.a", 2), await saveValue(ada.replica, "Other.b", 1)];
  await mustSync(ada.replica, wire);
  ids.push(await saveValue(backup.replica, "Acme.c", 1));
  await mustSync(backup.replica, wire);
  await expectHealed(wire, space, [backup.replica, bob], ids);
});

for (const cutAfter of [3, 4, 5, 6, 7, 8]) {
  test(`C3: a copied database used on both sides heals, even with blocks signed on both (cut after ${cutAfter} messages)`, async () => {
    const { wire, space, ada, bob } = await setUp();
    const copy = await copyOf(ada);
    const ids = [await saveValue(copy.replica, "Acme.copy", 1)];
    wire.cutAfter = cutAfter;
    await sync(copy.replica, wire);
    wire.cutAfter = null;
    ids.push(await saveValue(ada.replica, "Acme.original", 1), await saveValue(ada.replica, "Acme.a", 2));
    await mustSync(ada.replica, wire);
    ids.push(await saveValue(copy.replica, "Acme.copy", 2));
    await mustSync(copy.replica, wire);
    ids.push(await saveValue(ada.replica, "Acme.original", 2));
    await expectHealed(wire, space, [ada.replica, copy.replica, bob], ids);
  });
}

for (const offersFirst of ["the author", "another holder"] as const) {
  test(`L5: a relay restored from a backup: marks go back to pending, and ${offersFirst} offers what it lost`, async () => {
    const data = testFolder();
    const first = openRelaySpaces(data);
    const wire = new Wire(newRelay(first));
    const space = newSpaceId(systemRandom);
    const ada = await newReplica("Ada", space);
    await saveValue(ada, "Acme.a", 1);
    await mustSync(ada, wire);
    const bob = await newReplica("Bob", "");
    await mustSync(bob, wire);
    const backup = testFolder();
    cpSync(data, backup, { recursive: true });
    const ids = [await saveValue(ada, "Acme.a", 2), await saveValue(ada, "Other.b", 1)];
    for (const replica of [ada, bob, ada]) await mustSync(replica, wire);
    first.close();
    const restored = openRelaySpaces(backup);
    onTestFinished(() => restored.close());
    wire.relay = newRelay(restored);
    const [one, other] = offersFirst === "the author" ? [ada, bob] : [bob, ada];
    expect(pendingOf(one)).toBe(0);
    let seenPending = 0;
    for (let cutAfter = 0; cutAfter < 8 && seenPending === 0; cutAfter += 1) {
      wire.cutAfter = cutAfter;
      await sync(one, wire);
      seenPending = pendingOf(one);
    }
    wire.cutAfter = null;
    expect(seenPending).toBeGreaterThan(0);
    if (one === ada) expect(ada.store.read(({ queue }) => queue.list()).length).toBeGreaterThan(0);
    await mustSync(one, wire);
    expect(contentOf(wire.relay, space).changes).toEqual(expect.arrayContaining(ids));
    await expectHealed(wire, space, [one, other], ids);
  });
}

/** A relay in files, and a way to put it back to what it is by now. */
function relayOnDisk(): { readonly wire: Wire; readonly keep: () => () => void } {
  const data = testFolder();
  let spaces = openRelaySpaces(data);
  onTestFinished(() => spaces.close());
  const wire = new Wire(newRelay(spaces));
  const keep = () => {
    const backup = testFolder();
    cpSync(data, backup, { recursive: true });
    return () => {
      spaces.close();
      spaces = openRelaySpaces(backup);
      wire.relay = newRelay(spaces);
    };
  };
  return { wire, keep };
}

for (const [lost, made] of [
  [1, 1],
  [1, 2],
  [2, 3],
  [3, 2],
  [3, 1],
] as const) {
  test(`R2, C3: a relay and a device are put back together, and ${made} blocks come to be where ${lost} were`, async () => {
    const { wire, keep } = relayOnDisk();
    const space = newSpaceId(systemRandom);
    const ada = await onDisk("Ada", space);
    await saveValue(ada.replica, "Acme.a", 0);
    await mustSync(ada.replica, wire);
    const bob = await newReplica("Bob", "");
    await mustSync(bob, wire);
    const copy = await copyOf(ada);
    const putBack = keep();
    const ids = [];
    for (let value = 1; value <= lost; value += 1) {
      ids.push(await saveValue(ada.replica, "Acme.a", value));
      await mustSync(ada.replica, wire);
      await mustSync(bob, wire);
    }
    putBack();
    for (let value = 1; value <= made; value += 1) {
      ids.push(await saveValue(copy.replica, "Acme.b", value));
      await mustSync(copy.replica, wire);
    }
    const durableOf = () => bob.store.read(({ durable }) => [...durable.durable("main/Acme")]);
    const before = durableOf();
    for (let cutAfter = 0; cutAfter < 16; cutAfter += 1) {
      wire.cutAfter = cutAfter;
      await sync(bob, wire);
      wire.cutAfter = null;
      const hasHeard = JSON.stringify(durableOf()) !== JSON.stringify(before);
      if (hasHeard) expectHonest(bob, wire.relay);
    }
    await mustSync(bob, wire);
    expectHonest(bob, wire.relay);
    expect(viewOf(bob), "what the relay holds stands").toEqual(viewOf(copy.replica));
    // The device's own blocks go as well; what is in them does not, and is queued at each moment.
    for (let cutAfter = 0; cutAfter < 16; cutAfter += 1) {
      wire.cutAfter = cutAfter;
      await sync(ada.replica, wire);
      wire.cutAfter = null;
      const isQueued = ada.replica.store.read(({ queue }) => queue.list()).length > 0;
      expect(isQueued, `after ${cutAfter} messages`).toBe(pendingOf(ada.replica) > 0);
    }
    await expectHealed(wire, space, [ada.replica, bob, copy.replica], ids);
  });
}

/** Lets a bit of an own block rot, on disk and unseen. */
async function rot({ store, device }: Replica, log: LogName, damagedSeq: number): Promise<void> {
  await store.write(({ blocks }) => {
    for (const stream of blocks.tips(log).keys()) {
      if (!stream.startsWith(device)) continue;
      const all = blocks.read(log, stream, 1, Number.MAX_SAFE_INTEGER);
      blocks.truncate(log, stream, 0);
      for (const block of all) {
        const bytes = block.bytes.slice();
        if (block.seq === damagedSeq) bytes[100] = (bytes[100] ?? 0) ^ 8;
        blocks.append(log, stream, { ...block, bytes });
      }
    }
  });
}

test("R10: own good blocks behind a damaged one are not lost to a relay that was restored from an older backup", async () => {
  const data = testFolder();
  const first = openRelaySpaces(data);
  const wire = new Wire(newRelay(first));
  const space = newSpaceId(systemRandom);
  const ada = await newReplica("Ada", space);
  const ids = [await saveValue(ada, "Acme.a", 1)];
  await mustSync(ada, wire);
  const backup = testFolder();
  cpSync(data, backup, { recursive: true });
  for (const value of [2, 3]) {
    ids.push(await saveValue(ada, "Acme.a", value));
    await mustSync(ada, wire);
  }
  first.close();
  const restored = openRelaySpaces(backup);
  onTestFinished(() => restored.close());
  wire.relay = newRelay(restored);
  await rot(ada, "main/Acme", 1);
  expect(await dropDamagedBlocks(ada)).toBe(3);
  const session = new SyncSession(ada, { transport: wire.transport, timers: noTimers }, "memory", "once", {
    isFull: true,
  });
  expect((await session.run()).problem).toBeNull();
  await refoldAll(ada);
  const bob = await newReplica("Bob", "");
  await expectHealed(wire, space, [ada, bob], ids);
});

test("R10: an own block that the relay has not stays, damaged or not", async () => {
  const { wire, ada } = await setUp();
  await saveValue(ada.replica, "Acme.a", 2);
  wire.cutAfter = 6;
  await sync(ada.replica, wire);
  const { replica } = ada;
  const tips = () =>
    replica.store.read(({ blocks }) => [...blocks.tips("main/Acme").values()].map(({ seq }) => seq));
  const before = tips();
  const durable = replica.store.read((tables) => [...tables.durable.durable("main/Acme").values()]);
  expect(Math.max(...before)).toBeGreaterThan(Math.max(...durable));
  await rot(replica, "main/Acme", Math.max(...before));
  expect(await dropDamagedBlocks(replica)).toBe(0);
  expect(tips()).toEqual(before);
});

test("L5: a relay that lost the space altogether gets it back", async () => {
  const { wire, space, ada, bob } = await setUp();
  wire.relay = newRelay();
  await expectHealed(wire, space, [ada.replica, bob], changesOf(ada.replica));
});

test("P3: a space that never synced joins its relay's, change ids unchanged; one that synced elsewhere is refused", async () => {
  const { wire, space, ada, bob } = await setUp();
  const cleo = await newReplica("Cleo", newSpaceId(systemRandom));
  const ids = [await saveValue(cleo, "Mine.x", 1), await saveValue(cleo, "Acme.cleo", 1)];
  await expectHealed(wire, space, [cleo, ada.replica, bob], ids);
  const elsewhere = new Wire(newRelay());
  const dora = await newReplica("Dora", newSpaceId(systemRandom));
  await saveValue(dora, "Acme.d", 1);
  await mustSync(dora, elsewhere);
  const before = changesOf(dora);
  const refused = await sync(dora, wire);
  expect(refused.problem).toMatchObject({ code: "space-mismatch" });
  expect(changesOf(dora)).toEqual(before);
  expect(contentOf(wire.relay, space).changes).not.toContain(before[0]);
  await mustSync(dora, elsewhere);
});

test("P3: blocks that were signed for a space nobody took are made again for the relay's", async () => {
  const { wire, space, ada } = await setUp();
  const cleo = await newReplica("Cleo", newSpaceId(systemRandom));
  const ids = [await saveValue(cleo, "Mine.x", 1)];
  const nowhere = new Wire(newRelay());
  nowhere.cutAfter = 3;
  await sync(cleo, nowhere);
  expect(cleo.store.read(({ blocks }) => blocks.logs()).length).toBeGreaterThan(0);
  expect(pendingOf(cleo)).toBe(2);
  await expectHealed(wire, space, [cleo, ada.replica], ids);
});

test("C2: `seen` and `auth` say along each chain what its device had folded: all that its changes replace, and nothing twice", async () => {
  const { wire, space, ada, bob } = await setUp();
  const backup = await copyOf(ada);
  for (let round = 0; round < 6; round += 1) {
    for (const replica of round < 4 ? [ada.replica, bob] : [backup.replica, bob]) {
      await saveValue(replica, "Acme.a", 100 * round + (replica === bob ? 1 : 2));
      await saveValue(replica, `Other.n${round}`, round);
      await mustSync(replica, wire);
    }
  }
  const placeOf = (id: string) => bob.store.read(({ changes }) => changes.get(id));
  const reader = bob.store.read((tables) => new ChangeReader(tables, bob.compression));
  bob.store.read(({ blocks }) => {
    for (const log of blocks.logs()) {
      for (const stream of blocks.tips(log).keys()) {
        const seen = new Map<LogName, ReadonlyMap<string, number>>();
        for (const { seq, bytes } of blocks.read(log, stream, 1, Number.MAX_SAFE_INTEGER)) {
          const header = decodeBlock(bytes);
          if (header === null) throw new Error("no block");
          expect(header.seen.has("auth")).toBe(false);
          for (const [name, vector] of [...header.seen, ["auth", header.auth] as const]) {
            for (const [other, upTo] of vector) expect(upTo).toBeGreaterThan(seen.get(name)?.get(other) ?? 0);
            seen.set(name, vectorMaximum(seen.get(name) ?? new Map(), vector));
          }
          for (const change of reader.changesOf(log, stream, seq)) {
            const decoded = decodeChange(change);
            const ops = decoded.type === "change" ? decoded.change.ops : [];
            for (const id of ops.flatMap((op) => ("supersedes" in op ? op.supersedes : []))) {
              const record = placeOf(changeOf(id));
              const place = record?.place;
              if (record === null || place === null || place === undefined || place.stream === stream)
                continue;
              expect(seen.get(record.log)?.get(place.stream) ?? 0).toBeGreaterThanOrEqual(place.seq);
            }
          }
        }
      }
    }
  });
  await expectHealed(wire, space, [backup.replica, bob], []);
});

test("C2: `seen` is what was folded when a change was made, not what a sync fetched before it was signed", async () => {
  const { wire, ada, bob } = await setUp();
  await mustSync(ada.replica, wire);
  await mustSync(bob, wire);
  const early = await saveValue(ada.replica, "Acme.early", 1);
  await saveValue(bob, "Acme.other", 1);
  await mustSync(bob, wire);
  await mustSync(ada.replica, wire);
  const late = await saveValue(ada.replica, "Acme.late", 1);
  await mustSync(ada.replica, wire);
  ada.replica.store.read(({ blocks, changes }) => {
    const seenOfBob = (id: string) => {
      const place = changes.get(id)?.place;
      const stored = place ? blocks.read("main/Acme", place.stream, place.seq, 1)[0] : undefined;
      const seen = stored === undefined ? undefined : decodeBlock(stored.bytes)?.seen.get("main/Acme");
      return [...(seen?.keys() ?? [])].some((stream) => stream.startsWith(bob.device));
    };
    expect([seenOfBob(early), seenOfBob(late)]).toEqual([false, true]);
  });
});

test("C3: what lies beyond the end of a closed epoch counts nowhere, for those who hold it either", async () => {
  const { wire, space, ada, bob } = await setUp();
  const backup = await copyOf(ada);
  const lost = await saveValue(ada.replica, "Acme.a", 2);
  await mustSync(ada.replica, wire);
  await mustSync(bob, wire);
  expect(changesOf(bob)).toContain(lost);
  const before = new Wire(newRelay());
  await backup.replica.store.write(({ meta }) => {
    meta.set("closing main/Acme", meta.get("stream main/Acme"));
    meta.set("stream main/Acme", null);
  });
  const kept = await saveValue(backup.replica, "Acme.a", 3);
  await mustSync(backup.replica, before);
  const theirs = before.relay.space(space)?.store;
  const newer = theirs?.read(({ blocks }) => updateBeyond(sha256, blocks, "main/Acme", new Map(), 1_000_000));
  const offered = await wire.relay.space(space)?.admit("main/Acme", newer?.update ?? new Uint8Array(), null);
  expect(offered?.refused).toMatchObject([{ code: "stale-closing" }]);
  expect(contentOf(wire.relay, space).changes).toContain(lost);
  await expectHealed(before, space, [backup.replica, bob], [kept]);
  expect(changesOf(bob)).not.toContain(lost);
});
