import { cpSync } from "node:fs";
import type { ContentHash } from "@darksync/core/content-hash";
import { success } from "@darksync/core/result";
import { blockPorts, systemRandom } from "@darksync/node/crypto";
import { openRelaySpaces } from "@darksync/node/sqlite/relay-spaces";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { readCache } from "../src/cache/cache-view.js";
import { evict } from "../src/cache/evict.js";
import { evictedSegments } from "../src/cache/evicted-segments.js";
import { segmentFetcher, withHistory } from "../src/cache/fetch-evicted.js";
import { regain } from "../src/cache/regain.js";
import { writeCacheSettings } from "../src/cache/settings.js";
import { resolveConflict } from "../src/conflict/resolve.js";
import { remove } from "../src/edit/remove.js";
import { rename } from "../src/edit/rename.js";
import { save } from "../src/edit/save.js";
import { undo } from "../src/edit/undo.js";
import { MemoryOutbox } from "../src/memory/memory-outbox.js";
import { memoryReplicaStore } from "../src/memory/replica-store.js";
import { checkBlocks } from "../src/read/check-blocks.js";
import { checkChanges } from "../src/read/check-changes.js";
import { viewDefinitionAt } from "../src/read/definition.js";
import { readHistory } from "../src/read/history.js";
import { momentOf } from "../src/read/past.js";
import { readStatus } from "../src/read/status.js";
import { newSpaceId } from "../src/relay/relay.js";
import { commitChange } from "../src/replica/commit-change.js";
import { dropChanges, unsignedChanges } from "../src/replica/drop.js";
import { refoldAll } from "../src/replica/full-sync.js";
import { queuePull } from "../src/replica/queue-order.js";
import { refold } from "../src/replica/refold.js";
import { openReplica, type Replica, refoldWaitsKey } from "../src/replica/replica.js";
import { SyncSession } from "../src/replica/sync-session.js";
import { EvictedError } from "../src/store/evicted-error.js";
import { sourcesOf } from "./support/branching.js";
import { conflictsOf, must, newPair, type Pair } from "./support/conflicted.js";
import { saveText } from "./support/dependencies.js";
import { idsIn, keep } from "./support/outbox.js";
import { Served, sealAll } from "./support/sealed.js";
import {
  changesOf,
  mustSync,
  newRelay,
  newReplica,
  newSigner,
  pendingOf,
  saveValue,
  sync,
  testFolder,
  viewOf,
} from "./support/team.js";
import { noTimers, Wire } from "./support/wire.js";

const noPause = async (): Promise<void> => {};

interface Sealed extends Pair {
  readonly served: Served;
}

/** A pair of which Ada holds what is synced in segments, and evicts. */
async function sealedPair(): Promise<Sealed> {
  return { ...(await newPair(memoryReplicaStore(blockPorts))), served: new Served() };
}

/** Syncs Ada, as one who can fetch segments. */
async function syncAda({ ada, wire, served }: Sealed): Promise<void> {
  const clone = { segments: served, openSegment: neverOpened };
  const ports = { transport: wire.transport, timers: noTimers, clone };
  const outcome = await new SyncSession(ada, ports, "memory", "once").run();
  expect(outcome.problem).toBeNull();
  expect(outcome.refused).toEqual([]);
}

const neverOpened = (): never => {
  throw new Error("nothing is cloned here");
};

/** Ada syncs, seals all that is synced, and evicts all that may go. */
async function settleAda(pair: Sealed): Promise<void> {
  await syncAda(pair);
  await sealAll(pair.ada, pair.served);
  await evict(pair.ada, 0, noPause);
}

async function meet(pair: Sealed): Promise<void> {
  await syncAda(pair);
  await mustSync(pair.bob, pair.wire);
  await syncAda(pair);
}

function evictedCount({ store }: Replica): number {
  return store.read(evictedSegments).length;
}

function viewAt(replica: Replica, location: string, change: string): string {
  return replica.store.read((tables) => {
    const moment = momentOf(tables, change);
    const viewed = moment.ok ? viewDefinitionAt(replica, tables, location, moment.value) : moment;
    if (!viewed.ok) throw new Error(viewed.problem.message);
    return viewed.value.source;
  });
}

function fetching<Value>(
  { ada, served }: Sealed,
  work: () => Value | Promise<Value>,
): Promise<Value | string> {
  const fetch = segmentFetcher(ada, { segments: served, url: "memory" });
  return withHistory(fetch, work, (_error, { code }) => code);
}

test("R61, R63: sealed history goes, what is shown stays, and what is old is fetched where it is read", async () => {
  const pair = await sealedPair();
  const { ada, served } = pair;
  const first = await saveValue(ada, "Acme.a", 1);
  await saveValue(ada, "Acme.a", 2);
  await settleAda(pair);
  expect(evictedCount(ada)).toBe(1);
  expect(sourcesOf(ada)).toEqual({ "Acme.a": "let a = 2L" });
  expect(() => viewAt(ada, "Acme.a", first)).toThrow(EvictedError);
  expect(() => ada.store.read((tables) => readHistory(ada, tables, 9))).toThrow(EvictedError);
  expect(ada.store.read((tables) => checkChanges(ada, tables))).toEqual([]);
  expect(await checkBlocks(ada)).toEqual([]);
  served.isReachable = false;
  expect(await fetching(pair, () => viewAt(ada, "Acme.a", first))).toBe("relay-unreachable");
  served.isReachable = true;
  expect(await fetching(pair, () => viewAt(ada, "Acme.a", first))).toBe("let a = 1L");
  expect(served.fetched).toHaveLength(1);
  expect(evictedCount(ada)).toBe(0);
  expect(readCache(ada)).toMatchObject({ texts: { evicted: 1 }, history: { evictedBytes: 0 } });
});

test("R63: bytes that are not what was asked for are not taken, and the next attempt begins anew", async () => {
  const pair = await sealedPair();
  const first = await saveValue(pair.ada, "Acme.a", 1);
  await saveValue(pair.ada, "Acme.a", 2);
  await settleAda(pair);
  const [address = ""] = pair.ada.store.read(evictedSegments);
  const good = pair.served.segments.get(address) ?? new Uint8Array(0);
  pair.served.segments.set(
    address,
    good.map((byte, index) => (index === 40 ? byte ^ 1 : byte)),
  );
  expect(await fetching(pair, () => viewAt(pair.ada, "Acme.a", first))).toBe("wrong-segment");
  pair.served.segments.set(address, good);
  expect(await fetching(pair, () => viewAt(pair.ada, "Acme.a", first))).toBe("let a = 1L");
});

test("R60: what the relay lacks, members, and the history of owners who are kept stay", async () => {
  const pair = await sealedPair();
  const { ada } = pair;
  for (const location of ["Acme.a", "Other.a", "Third.a"])
    for (const value of [1, 2]) await saveValue(ada, location, value);
  await syncAda(pair);
  await sealAll(ada, pair.served);
  await ada.store.write(({ meta, durable }) => {
    writeCacheSettings(meta, { limitBytes: 0, keep: ["Acme"] });
    durable.setDurable("main/Other", new Map());
  });
  await evict(ada, 0, noPause);
  const held = ada.store.read(({ segments, blocks }) =>
    blocks.logs().filter((log) => segments.list(log).every(({ heldBytes }) => heldBytes > 0)),
  );
  expect(held).toEqual(["auth", "main/Acme", "main/Other"]);
});

test("R60: what is to be kept from now on comes back with the next sync", async () => {
  const pair = await sealedPair();
  const { ada } = pair;
  const first = await saveValue(ada, "Acme.a", 1);
  for (const location of ["Acme.a", "Other.a"]) await saveValue(ada, location, 2);
  await settleAda(pair);
  await ada.store.write(({ meta }) => {
    writeCacheSettings(meta, { limitBytes: 0, keep: ["Acme"] });
    // One that is gone by now keeps nothing.
    meta.set("branch", "0".repeat(32));
  });
  await syncAda(pair);
  await evict(ada, 0, noPause);
  expect(evictedCount(ada)).toBe(1);
  expect(viewAt(ada, "Acme.a", first)).toBe("let a = 1L");
});

test("R60: conflicts are shown and settled offline, whatever was evicted", async () => {
  const pair = await sealedPair();
  const { ada, bob } = pair;
  await saveValue(ada, "Acme.a", 1);
  await saveValue(ada, "Acme.b", 1);
  await settleAda(pair);
  await mustSync(bob, pair.wire);
  await saveValue(ada, "Acme.a", 2);
  await saveValue(bob, "Acme.a", 3);
  await mustSync(bob, pair.wire);
  await settleAda(pair);
  await saveValue(ada, "Acme.b", 2);
  await settleAda(pair);
  pair.served.isReachable = false;
  const [conflict] = conflictsOf(ada);
  expect(conflict?.kind).toBe("edit-edit");
  await must(resolveConflict(ada, conflict?.id ?? "", { type: "theirs" }));
  expect(sourcesOf(ada)["Acme.a"]).toBe("let a = 3L");
});

test("R64: a save needs nothing of what was evicted, and nobody waits", async () => {
  const pair = await sealedPair();
  const { ada, served } = pair;
  await saveValue(ada, "Acme.a", 1);
  await saveValue(ada, "Acme.a", 2);
  await settleAda(pair);
  served.isReachable = false;
  await saveValue(ada, "Acme.a", 1);
  await saveValue(ada, "Acme.c", 1);
  await must(rename(ada, "Acme.c", "Acme.d"));
  expect(sourcesOf(ada)).toMatchObject({ "Acme.a": "let a = 1L", "Acme.d": "let d = 1L" });
});

test("R64: a version that was evicted is gone back to offline, and comes with the next sync", async () => {
  const pair = await sealedPair();
  const { ada } = pair;
  await saveValue(ada, "Acme.a", 1);
  const [first] = ada.store.read(({ packages }) => packages.heads({ type: "name", key: "Acme.a" }));
  if (first?.value.type !== "definition") throw new Error("nothing is named");
  const { kind, hash } = first.value;
  await saveValue(ada, "Acme.a", 2);
  await settleAda(pair);
  const named = await commitChange(ada, ({ packages }) => {
    const supersedes = packages.heads({ type: "name", key: "Acme.a" }).map(({ id }) => id);
    const back = {
      type: "SetName",
      location: "Acme.a",
      kind,
      target: hash,
      movedFrom: null,
      supersedes,
    } as const;
    return success({ log: "main/Acme", ops: [back] });
  });
  expect(named.ok).toBe(true);
  expect(() => sourcesOf(ada)).toThrow(EvictedError);
  await syncAda(pair);
  expect(sourcesOf(ada)).toEqual({ "Acme.a": "let a = 1L" });
  expect(ada.store.read(({ texts }) => texts.isEvicted(hash))).toBe(false);
});

test("R64: a save that makes an edit follow a move does not wait for what it would be compared with", async () => {
  const pair = await sealedPair();
  const { ada, bob, wire } = pair;
  await saveValue(ada, "Acme.a", 1);
  await meet(pair);
  await must(rename(bob, "Acme.a", "Acme.b"));
  await saveValue(ada, "Acme.a", 2);
  await mustSync(bob, wire);
  await settleAda(pair);
  await mustSync(bob, wire);
  pair.served.isReachable = false;
  // Another process, which has read nothing yet.
  const later = await openReplica({ ...ada });
  await saveValue(later, "Acme.a", 3);
  expect(later.store.read(({ meta }) => meta.get(refoldWaitsKey))).toBe("yes");
  pair.served.isReachable = true;
  await syncAda({ ...pair, ada: later });
  await mustSync(bob, wire);
  expect(later.store.read(({ meta }) => meta.get(refoldWaitsKey))).toBeNull();
  expect(sourcesOf(later)).toEqual(sourcesOf(bob));
  expect(conflictsOf(later)).toEqual(conflictsOf(bob));
});

test("R65: what all is to be folded anew for waits for the history, and happens with the next sync", async () => {
  const pair = await sealedPair();
  const { ada, served } = pair;
  await saveValue(ada, "Acme.a", 1);
  await settleAda(pair);
  await ada.store.write(({ meta }) => meta.set("knownOps", "an earlier version"));
  const opened = await openReplica({ ...ada });
  const waits = () => opened.store.read(({ meta }) => [meta.get(refoldWaitsKey), meta.get("knownOps")]);
  expect(waits()).toEqual(["yes", "an earlier version"]);
  expect(sourcesOf(opened)).toEqual({ "Acme.a": "let a = 1L" });
  served.isReachable = false;
  const fetch = segmentFetcher(opened, { segments: served, url: "memory" });
  expect(await regain(opened, fetch)).toMatchObject({ code: "relay-unreachable" });
  expect(waits()[0]).toBe("yes");
  served.isReachable = true;
  await syncAda({ ...pair, ada: opened });
  expect(waits()[0]).toBeNull();
  expect(waits()[1]).not.toBe("an earlier version");
  expect(evictedCount(opened)).toBe(0);
});

test("R65: dropping what waits needs the history, and leaves all as it was where that is not here", async () => {
  const pair = await sealedPair();
  const { ada } = pair;
  await saveValue(ada, "Acme.a", 1);
  await settleAda(pair);
  await saveValue(ada, "Acme.a", 2);
  const drop = () => {
    const ids = new Set(ada.store.read(unsignedChanges).map(({ id }) => id));
    return dropChanges(ada, ids);
  };
  await expect(drop()).rejects.toThrow(EvictedError);
  expect([sourcesOf(ada)["Acme.a"], pendingOf(ada)]).toEqual(["let a = 2L", 1]);
  expect(await fetching(pair, drop)).toBe(1);
  expect([sourcesOf(ada)["Acme.a"], pendingOf(ada)]).toEqual(["let a = 1L", 0]);
});

test("R66: queue pull brings all versions of a location back with the next sync", async () => {
  const pair = await sealedPair();
  const { ada, served } = pair;
  const first = await saveValue(ada, "Acme.a", 1);
  await saveValue(ada, "Acme.a", 2);
  await settleAda(pair);
  await queuePull(ada, "Acme.a");
  served.isReachable = false;
  const clone = { segments: served, openSegment: neverOpened };
  const ports = { transport: pair.wire.transport, timers: noTimers, clone };
  const failed = await new SyncSession(ada, ports, "memory", "once").run();
  expect(failed.refused).toMatchObject([{ code: "relay-unreachable" }]);
  expect(ada.store.read(({ queue }) => queue.list())).toHaveLength(1);
  served.isReachable = true;
  await syncAda(pair);
  expect(ada.store.read(({ queue }) => queue.list())).toEqual([]);
  await evict(ada, 300, noPause);
  expect(viewAt(ada, "Acme.a", first)).toBe("let a = 1L");
});

test("R68, L5: a relay that was put back gets what is here, not what was evicted; who has that offers it", async () => {
  const [data, backup] = [testFolder(), testFolder()];
  const spaces = openRelaySpaces(data);
  const wire = new Wire(newRelay(spaces));
  const store = memoryReplicaStore(blockPorts);
  const ada = await newReplica("Ada", newSpaceId(systemRandom), store);
  const pair = { ada, bob: ada, wire, served: new Served() };
  await mustSync(ada, wire);
  const bob = await newReplica("Bob", "");
  await mustSync(bob, wire);
  cpSync(data, backup, { recursive: true });
  await saveValue(ada, "Acme.a", 1);
  await settleAda(pair);
  await mustSync(bob, wire);
  spaces.close();
  const restored = openRelaySpaces(backup);
  onTestFinished(() => restored.close());
  wire.relay = newRelay(restored);
  await saveValue(ada, "Other.a", 1);
  const told = { code: "lost-and-evicted", message: expect.stringContaining("does not have a change") };
  expect((await sync(ada, wire)).refused).toMatchObject([told]);
  expect(pendingOf(ada), "the relay does not have it, and this is said").toBe(1);
  expect(ada.store.read((tables) => readStatus(tables, false).state)).not.toBe("synced");
  await mustSync(bob, wire);
  await mustSync(ada, wire);
  expect(pendingOf(ada)).toBe(0);
  expect(viewOf(bob)).toEqual(viewOf(ada));
  // The segment that Ada evicted is nowhere any more; its blocks are.
  expect(evictedCount(ada)).toBeGreaterThan(0);
  const ports = { transport: wire.transport, timers: noTimers };
  const full = await new SyncSession(ada, ports, "memory", "once", { isFull: true }).run();
  expect([full.problem, full.refused]).toEqual([null, []]);
  await refoldAll(ada);
  expect(evictedCount(ada)).toBe(0);
  expect(await checkBlocks(ada)).toEqual([]);
  expect(ada.store.read((tables) => checkChanges(ada, tables))).toEqual([]);
});

test("R68: what was saved behind what was evicted here, and what is saved later, reaches a relay that lost it all the same", async () => {
  const [data, backup] = [testFolder(), testFolder()];
  const spaces = openRelaySpaces(data);
  const wire = new Wire(newRelay(spaces));
  const [journal, signer] = [new MemoryOutbox(), newSigner()];
  const store = keep(memoryReplicaStore(blockPorts), journal, signer);
  const ada = await newReplica("Ada", newSpaceId(systemRandom), store, signer);
  await mustSync(ada, wire);
  const bob = await newReplica("Bob", "");
  await mustSync(bob, wire);
  cpSync(data, backup, { recursive: true });
  await saveValue(ada, "Acme.a", 1);
  await settleAda({ ada, bob: ada, wire, served: new Served() });
  await mustSync(bob, wire);
  await saveValue(ada, "Acme.behind", 1);
  await mustSync(ada, wire);
  spaces.close();
  const restored = openRelaySpaces(backup);
  onTestFinished(() => restored.close());
  wire.relay = newRelay(restored);
  expect((await sync(ada, wire)).pushed, "what is here stands behind what is lost").toBe(1);
  const waiting = await saveValue(ada, "Acme.b", 1);
  expect(idsIn({ journal, signer })).toContain(waiting);
  expect((await sync(ada, wire)).pushed).toBe(1);
  expect(pendingOf(ada), "the lost one alone").toBe(1);
  await saveValue(ada, "Acme.c", 1);
  expect((await sync(ada, wire)).pushed).toBe(1);
  const cleo = await newReplica("Cleo", "");
  await mustSync(cleo, wire);
  expect(Object.keys(viewOf(cleo)).sort()).toEqual(["Acme.b", "Acme.behind", "Acme.c"]);
  await mustSync(bob, wire);
  for (const replica of [ada, cleo]) await mustSync(replica, wire);
  expect(pendingOf(ada)).toBe(0);
  for (const replica of [bob, cleo]) expect(viewOf(replica)).toEqual(viewOf(ada));
  expect(await checkBlocks(ada)).toEqual([]);
});

test("R45, R61: a check passes over an evicted text that two changes brought, the first of them evicted too", async () => {
  const pair = await sealedPair();
  const { ada } = pair;
  for (const value of [1, 2]) await saveValue(ada, "Acme.a", value);
  await settleAda(pair);
  for (const value of [1, 3]) await saveValue(ada, "Acme.a", value);
  await syncAda(pair);
  await evict(ada, 0, noPause);
  expect(evictedCount(ada)).toBeGreaterThan(0);
  expect(ada.store.read((tables) => checkChanges(ada, tables))).toEqual([]);
});

test("R65, R68: what the relay has lost and was evicted here keeps nothing else from coming or going", async () => {
  const pair = await sealedPair();
  const { ada, bob, wire } = pair;
  await saveText(ada, "Acme.f", "let f (a: Int64) : Int64 = 1L");
  await saveText(ada, "Acme.g", "let g (a: Int64) : Int64 = f a");
  await meet(pair);
  await saveText(ada, "Acme.f", "let f (a: Int64) : Int64 = 2L");
  await settleAda(pair);
  expect(evictedCount(ada)).toBeGreaterThan(0);
  pair.served.isGone = true;
  await saveText(bob, "Acme.f", "let f (a: Int64) (b: Int64) : Int64 = 3L");
  await saveText(ada, "Acme.g", "let g (a: Int64) : Int64 = f (f a)");
  await mustSync(bob, wire);
  await ada.store.write(({ meta }) => meta.set(refoldWaitsKey, "yes"));
  const clone = { segments: pair.served, openSegment: neverOpened };
  const ports = { transport: wire.transport, timers: noTimers, clone };
  const outcome = await new SyncSession(ada, ports, "memory", "once").run();
  expect(outcome).toMatchObject({ problem: null, pulled: 1, pushed: 1 });
  expect(outcome.refused).toMatchObject([{ hint: expect.stringContaining("sync --full") }]);
  await refoldAll(ada);
  expect(ada.store.read(({ meta }) => meta.get(refoldWaitsKey))).toBe("yes");
});

const lines = ["one", "two", "three", "four"];
const place = fc.constantFrom("Acme.f", "Acme.g", "Beta.h");
const side = fc.constantFrom("ada" as const, "bob" as const);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("edit" as const),
      side,
      place,
      line: fc.nat(3),
      value: fc.nat(3),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("move" as const), side, place, to: place }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("remove" as const), side, place }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("undo" as const), side }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("sync" as const), side }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("evict" as const), side, isAny: fc.boolean() }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

async function edit(replica: Replica, location: string, line: number, value: number): Promise<void> {
  const shown = sourcesOf(replica)[location]?.replace(/^! /, "") ?? "nothing";
  const name = location.split(".").at(-1);
  const start = `let ${name} (x: Int64) : Int64 =\n${lines.map((word) => `  let ${word} = 0L\n`).join("")}  x`;
  const before = shown === "nothing" ? start : shown;
  const word = lines[line] ?? "";
  const pattern = new RegExp(`let ${word} = \\d+L`);
  await must(save(replica, location, before.replace(pattern, `let ${word} = ${value}L`)));
}

/** Drops texts and history whatever they are about, as long as they can be fetched. */
async function evictAny({ store }: Replica): Promise<void> {
  await store.write(({ texts, blocks, segments }) => {
    for (const { hash } of texts.leastUsed(null, 999)) texts.evict(hash as ContentHash);
    for (const log of blocks.logs())
      for (const segment of segments.list(log)) segments.put(log, segment, new Uint8Array(0));
  });
}

async function take(pair: Sealed, one: Step): Promise<void> {
  const replica = pair[one.side];
  const online = <Value>(work: () => Promise<Value>) => (one.side === "ada" ? fetching(pair, work) : work());
  switch (one.do) {
    case "edit":
      await online(() => edit(replica, one.place, one.line, one.value));
      return;
    case "move":
      await online(() => rename(replica, one.place, one.to));
      return;
    case "remove":
      await online(() => remove(replica, one.place));
      return;
    case "undo":
      await online(() => undo(replica, null));
      return;
    case "sync":
      if (one.side === "ada") await syncAda(pair);
      else await mustSync(pair.bob, pair.wire);
      return;
    case "evict":
      if (one.side === "bob") return;
      await settleAda(pair);
      if (one.isAny) await evictAny(pair.ada);
  }
}

test("R63, O8: a replica that evicts its history and fetches what it needs comes to the state of one that keeps all", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 24 }), async (steps) => {
      const pair = await sealedPair();
      for (const one of steps) await take(pair, one);
      await meet(pair);
      const { ada, bob } = pair;
      expect(await fetching(pair, () => sourcesOf(ada))).toEqual(sourcesOf(bob));
      expect(viewOf(ada)).toEqual(viewOf(bob));
      expect(changesOf(ada)).toEqual(changesOf(bob));
      expect(await fetching(pair, () => conflictsOf(ada))).toEqual(conflictsOf(bob));
      await fetching(pair, () => ada.store.write((tables) => void refold(ada, tables)));
      expect(sourcesOf(ada)).toEqual(sourcesOf(bob));
      expect(conflictsOf(ada)).toEqual(conflictsOf(bob));
    }),
    { numRuns: 60 },
  );
});
