import { join } from "node:path";
import type { ContentHash } from "@darksync/core/content-hash";
import { openReplicaStore } from "@darksync/node/sqlite/replica-store";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { switchBranch } from "../src/branch/current-branch.js";
import { readCache } from "../src/cache/cache-view.js";
import { evict, keepWithinLimit } from "../src/cache/evict.js";
import { defaultLimitBytes, writeCacheSettings } from "../src/cache/settings.js";
import { remove } from "../src/edit/remove.js";
import { rename } from "../src/edit/rename.js";
import { save } from "../src/edit/save.js";
import { undo } from "../src/edit/undo.js";
import { checkChanges } from "../src/read/check-changes.js";
import { viewDefinitionAt } from "../src/read/definition.js";
import { momentOf } from "../src/read/past.js";
import { refold } from "../src/replica/refold.js";
import type { Replica } from "../src/replica/replica.js";
import { newBranch, saveSource, sourcesOf } from "./support/branching.js";
import { conflictsOf, meet, must, newPair, type Pair } from "./support/conflicted.js";
import { changesOf, mustSync, saveValue, testFolder, viewOf } from "./support/team.js";

const noPause = async (): Promise<void> => {};

/** Evicts all that may go. */
function evictAll(replica: Replica): Promise<unknown> {
  return evict(replica, 0, noPause);
}

/** The text of a location as it was after a change; null if it is not here. */
function textAt(replica: Replica, location: string, change: string): string | null {
  return replica.store.read((tables) => {
    const moment = momentOf(tables, change);
    const viewed = moment.ok ? viewDefinitionAt(replica, tables, location, moment.value) : moment;
    return viewed.ok ? viewed.value.source : null;
  });
}

function isEvicted(replica: Replica, hash: ContentHash): boolean {
  return replica.store.read(({ texts }) => texts.isEvicted(hash));
}

function shownHash(replica: Replica, location: string): ContentHash {
  const value = replica.store.read(({ packages }) => packages.nameRow(location)?.shown?.value);
  if (value?.type !== "definition") throw new Error(`${location} shows nothing`);
  return value.hash;
}

test("R60, R62: what is shown stays, older versions go and are still read from the history", async () => {
  const { ada, wire } = await newPair();
  const first = await saveValue(ada, "Acme.a", 1);
  const old = shownHash(ada, "Acme.a");
  await saveValue(ada, "Acme.a", 2);
  await mustSync(ada, wire);
  await evictAll(ada);
  expect(isEvicted(ada, old)).toBe(true);
  expect(isEvicted(ada, shownHash(ada, "Acme.a"))).toBe(false);
  expect(sourcesOf(ada)).toEqual({ "Acme.a": "let a = 2L" });
  expect(textAt(ada, "Acme.a", first)).toBe("let a = 1L");
  expect(readCache(ada)).toMatchObject({ texts: { count: 1, evicted: 1 }, evictable: { texts: 0 } });
});

test("R60: nothing goes that the relay does not have", async () => {
  const { ada, wire } = await newPair();
  await saveValue(ada, "Acme.a", 1);
  const old = shownHash(ada, "Acme.a");
  await saveValue(ada, "Acme.a", 2);
  await evictAll(ada);
  expect(isEvicted(ada, old)).toBe(false);
  await mustSync(ada, wire);
  await ada.store.write(({ durable }) => durable.setDurable("main/Acme", new Map()));
  await evictAll(ada);
  expect(isEvicted(ada, old), "the relay was put back to before").toBe(false);
});

test("R60: all versions of an owner who is kept stay, on branches too", async () => {
  const { ada, wire } = await newPair();
  const branch = await newBranch(ada, "idea");
  const hashes: Record<string, ContentHash> = {};
  for (const [index, location] of ["Acme.a", "Acme2.a", "Other.a"].entries()) {
    await saveValue(ada, location, index);
    hashes[location] = shownHash(ada, location);
    await saveValue(ada, location, 10 + index);
  }
  await saveSource(ada, "Acme.b", "let b = 100L\n", branch);
  await mustSync(ada, wire);
  await ada.store.write(({ meta }) => writeCacheSettings(meta, { limitBytes: 5, keep: ["Acme"] }));
  await evictAll(ada);
  const gone = Object.keys(hashes).filter((location) => isEvicted(ada, hashes[location] ?? ""));
  expect(gone).toEqual(["Acme2.a", "Other.a"]);
  expect(readCache(ada).texts).toMatchObject({ count: 5, evicted: 2 });
});

test("R60: a branch's texts stay while it is worked on, and go when it is left", async () => {
  const { ada, wire } = await newPair();
  await saveValue(ada, "Acme.a", 1);
  const branch = await newBranch(ada, "idea");
  await saveSource(ada, "Acme.a", "let a = 10L\n", branch);
  await saveSource(ada, "Acme.a", "let a = 11L\n", branch);
  await saveValue(ada, "Acme.a", 2);
  await mustSync(ada, wire);
  await switchBranch(ada, branch);
  await evictAll(ada);
  expect(readCache(ada).texts.evicted, "main's first version is the base of the branch's").toBe(0);
  await switchBranch(ada, null);
  await evictAll(ada);
  expect(readCache(ada).texts).toMatchObject({ count: 1, evicted: 3 });
  expect(sourcesOf(ada, branch)["Acme.a"]).toBe("let a = 11L");
});

test("R60: heads that are not merged stay, and what they were made from", async () => {
  const pair = await newPair();
  await saveValue(pair.ada, "Acme.a", 1);
  await meet(pair);
  await saveValue(pair.ada, "Acme.a", 2);
  await saveValue(pair.bob, "Acme.a", 3);
  await meet(pair);
  for (const replica of [pair.ada, pair.bob]) {
    await evictAll(replica);
    expect(readCache(replica).texts.evicted).toBe(0);
    expect(conflictsOf(replica)).toHaveLength(1);
  }
});

test("R62: a version that somebody goes back to is held again", async () => {
  const pair = await newPair();
  await saveValue(pair.ada, "Acme.a", 1);
  await saveValue(pair.ada, "Acme.a", 2);
  await meet(pair);
  for (const replica of [pair.ada, pair.bob]) await evictAll(replica);
  await must(undo(pair.ada, null));
  await meet(pair);
  for (const replica of [pair.ada, pair.bob]) {
    expect(isEvicted(replica, shownHash(replica, "Acme.a"))).toBe(false);
    expect(replica.store.read(({ packages }) => packages.search("= 1L", 9))).toEqual(["Acme.a"]);
  }
});

test("R61, R67: an eviction stops when the space is within its limit, and spares what was used last", async () => {
  const { ada, wire } = await newPair();
  const hashes: ContentHash[] = [];
  for (let value = 10; value < 30; value += 1) {
    await saveValue(ada, "Acme.a", value);
    hashes.push(shownHash(ada, "Acme.a"));
  }
  await mustSync(ada, wire);
  const [used = ""] = hashes;
  await ada.store.write(({ meta, texts }) => {
    texts.markUsed([used], 20_000);
    writeCacheSettings(meta, { limitBytes: 150, keep: [] });
  });
  const came = await keepWithinLimit(ada, noPause);
  expect(came?.usedBytes).toBeLessThanOrEqual(135);
  expect(came?.usedBytes).toBeGreaterThan(110);
  expect(hashes.map((hash) => isEvicted(ada, hash))).toEqual([
    false,
    ...Array.from({ length: came?.texts ?? 0 }, () => true),
    ...Array.from({ length: 19 - (came?.texts ?? 0) }, () => false),
  ]);
  expect(await keepWithinLimit(ada, noPause)).toBeNull();
  await ada.store.write(({ meta }) => writeCacheSettings(meta, { limitBytes: defaultLimitBytes, keep: [] }));
  expect(readCache(ada)).toMatchObject({ limitBytes: defaultLimitBytes, keep: [] });
});

test("R61: the database shrinks, and reads the same when it is opened again", async () => {
  const folder = testFolder();
  const store = openReplicaStore(join(folder, "space.db"), { durability: "normal" });
  onTestFinished(() => store.close());
  const { ada, wire } = await newPair(store);
  const source = (value: number) => `let a =\n${"  Stdlib.List.map things that\n".repeat(100)}  ${value}L`;
  const first = await must(save(ada, "Acme.a", source(0)));
  for (let value = 1; value < 300; value += 1) await must(save(ada, "Acme.a", source(value)));
  await mustSync(ada, wire);
  const before = ada.store.read(({ storage }) => storage.usedBytes());
  const came = await evict(ada, 0, noPause);
  expect(came).toMatchObject({ texts: 299 });
  expect(before - came.usedBytes).toBe(came.freedBytes);
  expect(came.freedBytes).toBeGreaterThan(299 * 2500);
  expect(sourcesOf(ada)).toEqual({ "Acme.a": source(299) });
  expect(textAt(ada, "Acme.a", first.change)).toBe(source(0));
  expect(ada.store.read((tables) => checkChanges(ada, tables))).toEqual([]);
});

const lines = ["one", "two", "three", "four"];
const places = ["Acme.f", "Acme.g", "Beta.h"] as const;
const place = fc.constantFrom(...places);
const side = fc.constantFrom("ada" as const, "bob" as const);

// Sides that change different lines merge, so that what an eviction took away is asked for.
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
  { weight: 3, arbitrary: fc.record({ do: fc.constant("evict" as const), side, keepEvery: fc.nat(3) }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

async function edit(replica: Replica, location: string, line: number, value: number): Promise<void> {
  const shown = sourcesOf(replica)[location]?.replace(/^! /, "") ?? "nothing";
  const name = location.split(".").at(-1);
  const start = `let ${name} (x: Int64) : Int64 =\n${lines.map((word) => `  let ${word} = 0L\n`).join("")}  x\n`;
  const before = shown === "nothing" ? start : shown;
  const word = lines[line] ?? "";
  await must(
    save(
      replica,
      location,
      before.replace(new RegExp(`let ${word} = \\d+L`), () => `let ${word} = ${value}L`),
    ),
  );
}

/** Drops texts whatever they are, but for some: what reads from the history must find all of them. */
async function evictAny({ store }: Replica, keepEvery: number): Promise<void> {
  await store.write(({ texts, changes }) => {
    for (const [index, { hash, broughtBy }] of texts.leastUsed(null, 999).entries()) {
      const isPlaced = changes.get(broughtBy.slice(0, 64))?.place !== null;
      if (isPlaced && (keepEvery === 0 || index % (keepEvery + 1) > 0)) texts.evict(hash);
    }
  });
}

async function take(pair: Pair, one: Step, evicts: boolean): Promise<void> {
  const replica = pair[one.side];
  switch (one.do) {
    case "edit":
      return edit(replica, one.place, one.line, one.value);
    case "move":
      await rename(replica, one.place, one.to);
      return;
    case "remove":
      await remove(replica, one.place);
      return;
    case "undo":
      await undo(replica, null);
      return;
    case "sync":
      await mustSync(replica, pair.wire);
      return;
    case "evict":
      if (!evicts) return;
      if (one.keepEvery === 3) await evictAll(replica);
      else await evictAny(replica, one.keepEvery);
  }
}

test("R62, O8: a replica that evicts what it likes comes to the state of one that never does", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const pair = await newPair();
      // Bob evicts, Ada keeps all: they hold the same logs in the end.
      for (const one of steps) await take(pair, one, one.side === "bob");
      await meet(pair);
      expect(viewOf(pair.bob)).toEqual(viewOf(pair.ada));
      expect(sourcesOf(pair.bob)).toEqual(sourcesOf(pair.ada));
      expect(changesOf(pair.bob)).toEqual(changesOf(pair.ada));
      expect(conflictsOf(pair.bob)).toEqual(conflictsOf(pair.ada));
      expect(pair.bob.store.read((tables) => checkChanges(pair.bob, tables))).toEqual([]);
      await pair.bob.store.write((tables) => refold(pair.bob, tables));
      expect(sourcesOf(pair.bob)).toEqual(sourcesOf(pair.ada));
    }),
    { numRuns: 60 },
  );
});
