import { sha256 } from "@darksync/node/crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { switchBranch } from "../src/branch/current-branch.js";
import { save } from "../src/edit/save.js";
import { MemoryOutbox } from "../src/memory/memory-outbox.js";
import { memoryRelaySpaces } from "../src/memory/relay-spaces.js";
import { lostChanges } from "../src/outbox/outbox-content.js";
import { encodeRecords, type OutboxRecord, readRecords } from "../src/outbox/outbox-record.js";
import { commitChange } from "../src/replica/commit-change.js";
import { dropChanges } from "../src/replica/drop.js";
import { contentOf, idsIn, keep, newKept, pendingIds } from "./support/outbox.js";
import { mustSync, newRelay, newReplica, reopen, saveValue } from "./support/team.js";
import { Wire } from "./support/wire.js";

const records: readonly OutboxRecord[] = [
  { type: "home", home: new Map([["space", "ab"]]) },
  { type: "change", number: 1, log: "auth", bytes: Uint8Array.of(1, 2, 3) },
  { type: "change", number: 2, log: "main/Acme", bytes: new Uint8Array(300).fill(0xd5) },
  { type: "dropped", id: "07".repeat(32) },
  { type: "mark", mark: { upTo: 2, home: "0123456789abcdef" } },
];

test("R40: what was written is read, whatever parts it comes in", () => {
  const bytes = encodeRecords(sha256, records);
  for (let size = 1; size <= bytes.length; size += 1)
    expect([...readRecords(sha256, inParts(bytes, size))], `parts of ${size}`).toEqual(records);
});

function inParts(bytes: Uint8Array, size: number): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
  return parts;
}

/** The records that are found in these bytes, and how many are none; the same in small parts. */
function found(bytes: Uint8Array): {
  readonly records: readonly OutboxRecord[];
  readonly damagedBytes: number;
} {
  const [whole, split] = [[bytes], inParts(bytes, 7)].map((parts) => {
    const records: OutboxRecord[] = [];
    let damagedBytes = 0;
    for (const record of readRecords(sha256, parts)) {
      if (record.type === "damaged") damagedBytes += record.byteCount;
      else records.push(record);
    }
    return { records, damagedBytes };
  });
  expect(split).toEqual(whole);
  return whole ?? expect.unreachable();
}

test("R41: a flipped bit costs its record and no other", () => {
  const bytes = encodeRecords(sha256, records);
  const ends = records.map((_, index) => encodeRecords(sha256, records.slice(0, index + 1)).length);
  for (let at = 0; at < bytes.length; at += 1) {
    const flipped = bytes.slice();
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
    const hit = ends.findIndex((end) => at < end);
    const { records: left, damagedBytes } = found(flipped);
    expect(left, `byte ${at}`).toEqual(records.filter((_, index) => index !== hit));
    expect(damagedBytes).toBeGreaterThan(0);
  }
});

test("R41: a torn end costs the last record, and what is appended behind it is read", () => {
  const last = encodeRecords(sha256, records.slice(4));
  const before = encodeRecords(sha256, records.slice(0, 4));
  for (let kept = 0; kept < last.length; kept += 1) {
    const torn = new Uint8Array([...before, ...last.subarray(0, kept), ...last]);
    expect(found(torn).records, `${kept} bytes kept`).toEqual(records);
  }
});

test("R40: it has the way home, and every own change that no relay acknowledged", async () => {
  const kept = await newKept("Ada");
  const ids = [await saveValue(kept.replica, "Acme.a", 1), await saveValue(kept.replica, "Beta.b", 2)];
  await switchBranch(kept.replica, "some branch");
  expect(idsIn(kept)).toEqual(expect.arrayContaining(ids));
  expect(idsIn(kept)).toEqual(pendingIds(kept));
  const home = Object.fromEntries(contentOf(kept).home ?? []);
  expect(home).toMatchObject({ member: "Ada", relay: "memory", only: "[]", branch: "some branch" });
  expect(home.space).toMatch(/^[0-9a-f]{32}$/);
});

test("R40: the outbox of another device is none: nothing of it is taken for own work, and it is written anew", async () => {
  const [ada, bob] = [await newKept("Ada"), await newKept("Bob")];
  await saveValue(ada.replica, "Acme.a", 1);
  for (const name of ["b", "c", "d"]) await saveValue(bob.replica, `Acme.${name}`, 1);
  ada.journal.replace([bob.journal.bytes]);
  expect(contentOf(ada)).toEqual({ home: null, changes: [], damagedBytes: bob.journal.bytes.length });
  await keep(ada.plain, ada.journal, ada.signer).bringUpToDate();
  expect(idsIn(ada)).toEqual(pendingIds(ada));
  expect(contentOf(ada).home?.get("member")).toBe("Ada");
});

test("R40: a save that failed is not in it", async () => {
  const kept = await newKept("Ada");
  const before = kept.journal.bytes;
  const failing = commitChange(kept.replica, () => {
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  const [late] = await Promise.allSettled([
    kept.replica.store.write(({ changes }) => {
      changes.add({
        id: "ab".repeat(32),
        device: kept.replica.device,
        log: "main/Acme",
        time: { wallMs: 1, counter: 0 },
        receivedAtMs: 1,
        isSkewed: false,
        place: null,
        setAside: null,
        bytes: Uint8Array.of(1),
      });
      throw new Error("late");
    }),
  ]);
  expect(late?.status).toBe("rejected");
  expect(kept.journal.bytes).toEqual(before);
});

test("R42: what a process left out that died before it could write is added by the next one, and by the next save", async () => {
  const kept = await newKept("Ada");
  // What it would have appended is lost with it.
  const dying = await reopen(keep(kept.plain, new MemoryOutbox(), kept.signer), kept.signer);
  const lost = await saveValue(dying, "Acme.lost", 1);
  await switchBranch(dying, "elsewhere");
  expect(idsIn(kept)).not.toContain(lost);
  const later = await saveValue(kept.replica, "Acme.later", 1);
  expect(idsIn(kept)).toEqual(expect.arrayContaining([lost, later]));
  const lostToo = await saveValue(dying, "Acme.lostToo", 1);
  expect(idsIn(kept)).not.toContain(lostToo);
  await keep(kept.plain, kept.journal, kept.signer).bringUpToDate();
  expect(idsIn(kept)).toEqual(pendingIds(kept));
  expect(contentOf(kept).home?.get("branch")).toBe("elsewhere");
  const settled = kept.journal.bytes;
  await keep(kept.plain, kept.journal, kept.signer).bringUpToDate();
  expect(kept.journal.bytes).toEqual(settled);
});

test("R42: a torn end and a lost file are made whole by the next one", async () => {
  const kept = await newKept("Ada");
  await saveValue(kept.replica, "Acme.a", 1);
  for (const length of [0, 5, kept.journal.bytes.length - 1]) {
    kept.journal.bytes = kept.journal.bytes.slice(0, length);
    await keep(kept.plain, kept.journal, kept.signer).bringUpToDate();
    expect(idsIn(kept)).toEqual(pendingIds(kept));
    expect(contentOf(kept).home?.get("member")).toBe("Ada");
    expect(contentOf(kept).damagedBytes).toBe(0);
  }
});

test("R42: an outbox that cannot be written keeps no save from being made, and is caught up with", async () => {
  const kept = await newKept("Ada");
  const troubles: unknown[] = [];
  const { journal } = kept;
  let isFull = true;
  const flaky = Object.assign(Object.create(journal) as typeof journal, {
    append: (bytes: Uint8Array) => {
      // A full disk takes a part.
      if (isFull) journal.append(bytes.subarray(0, 7));
      if (isFull) throw new Error("no room");
      journal.append(bytes);
    },
    replace: (parts: Iterable<Uint8Array>) => {
      if (isFull) throw new Error("no room");
      journal.replace(parts);
    },
  });
  const store = keep(kept.plain, flaky, kept.signer, (error) => troubles.push(error));
  const replica = await reopen(store, kept.signer);
  const first = await saveValue(replica, "Acme.first", 1);
  expect(troubles).toHaveLength(1);
  expect(pendingIds(kept)).toContain(first);
  isFull = false;
  const second = await saveValue(replica, "Acme.second", 1);
  expect(idsIn(kept)).toEqual(expect.arrayContaining([first, second]));
});

test("R42: a store that lost what was saved last, as one does whose write-ahead log is damaged, is not taken for sound", async () => {
  const kept = await newKept("Ada");
  await saveValue(kept.replica, "Acme.a", 1);
  const lost = await saveValue(kept.replica, "Acme.lost", 1);
  await kept.plain.write(({ packages, changes }) => {
    packages.clear();
    changes.remove(lost);
  });
  const opening = keep(kept.plain, kept.journal, kept.signer).bringUpToDate();
  await expect(opening).rejects.toMatchObject({ code: "database-corrupt" });
  expect(idsIn(kept)).toContain(lost);
});

test("R42: one that discarded it is", async () => {
  const kept = await newKept("Ada");
  const dropped = await saveValue(kept.replica, "Acme.dropped", 1);
  await dropChanges(kept.replica, new Set([dropped]));
  await keep(kept.plain, kept.journal, kept.signer).bringUpToDate();
  const before = kept.journal.bytes;
  await keep(kept.plain, kept.journal, kept.signer).bringUpToDate();
  expect(kept.journal.bytes, "looked at once").toEqual(before);
  expect(idsIn(kept)).not.toContain(dropped);
});

test("R42: what was discarded is not missed, even if the process died before it could say so in the outbox", async () => {
  const kept = await newKept("Ada");
  const dropped = await saveValue(kept.replica, "Acme.dropped", 1);
  const dying = new MemoryOutbox();
  dying.replace([kept.journal.bytes]);
  dying.append = dying.replace = () => {
    throw new Error("died");
  };
  const store = keep(kept.plain, dying, kept.signer, () => {});
  await dropChanges(await reopen(store, kept.signer), new Set([dropped]));
  expect(idsIn(kept)).toContain(dropped);
  await keep(kept.plain, kept.journal, kept.signer).bringUpToDate();
  expect(idsIn(kept)).not.toContain(dropped);
  const settled = kept.journal.bytes;
  await keep(kept.plain, kept.journal, kept.signer).bringUpToDate();
  expect(kept.journal.bytes).toEqual(settled);
});

test("R42: settings that rot in the store are noticed before they can come into the outbox", async () => {
  const kept = await newKept("Ada");
  const home = contentOf(kept).home;
  await kept.plain.write(({ meta }) => meta.set("relay", "memorz"));
  await expect(keep(kept.plain, kept.journal, kept.signer).bringUpToDate()).rejects.toThrow(
    "not what was written",
  );
  expect(contentOf(kept).home).toEqual(home);
});

test("R43: once most of it is acknowledged only the rest is kept; what a relay lost is in it again", async () => {
  const spaces = memoryRelaySpaces();
  const wire = new Wire(newRelay(spaces));
  const kept = await newKept("Ada");
  for (let number = 0; number < 3; number += 1) await saveValue(kept.replica, `Acme.v${number}`, number);
  await mustSync(kept.replica, wire);
  expect(idsIn(kept), "a small one is left as it is").toHaveLength(4);
  for (let number = 0; number < 3; number += 1) {
    const saved = await save(kept.replica, "Acme.large", `let large = "${"x".repeat(30_000)}${number}"\n`);
    expect(saved.ok).toBe(true);
  }
  expect(kept.journal.bytes.length).toBeGreaterThan(90_000);
  await mustSync(kept.replica, wire);
  expect(kept.journal.bytes.length).toBeLessThan(1000);
  expect(contentOf(kept).home?.get("member")).toBe("Ada");
  // Another relay, of the same space and without its content.
  await kept.replica.store.write(({ durable, blocks }) => {
    for (const log of blocks.logs()) durable.setDurable(log, new Map());
  });
  expect(pendingIds(kept).length).toBeGreaterThan(6);
  expect([...idsIn(kept)].sort()).toEqual([...pendingIds(kept)].sort());
});

test("R43: others have their turns while a large one is looked through, and what they save meanwhile is in it", async () => {
  const wire = new Wire(newRelay());
  const kept = await newKept("Ada");
  for (let number = 0; number < 1100; number += 1)
    await saveValue(kept.replica, `Acme.v${number % 7}`, number);
  const before = kept.journal.bytes;
  expect(before.length).toBeGreaterThan(64 * 1024);
  const { promise: reached, resolve: hasReached } = Promise.withResolvers<() => void>();
  let turns = 0;
  const store = keep(kept.plain, kept.journal, kept.signer, undefined, (callback) => {
    turns += 1;
    if (turns === 1) hasReached(callback);
    else callback();
  });
  const syncing = mustSync(await reopen(store, kept.signer), wire);
  const goOn = await reached;
  expect(kept.plain.read(({ changes }) => changes.countUnsigned("main/Acme"))).toBe(0);
  expect(kept.journal.bytes.length, "not written before all was looked at").toBeGreaterThanOrEqual(
    before.length,
  );
  const other = keep(kept.plain, kept.journal, kept.signer);
  const saved = await saveValue(await reopen(other, kept.signer), "Acme.meanwhile", 1);
  goOn();
  await syncing;
  expect(idsIn(kept)).toContain(saved);
  expect(kept.journal.bytes.length).toBeLessThan(before.length / 2);
});

type Step =
  | { readonly type: "save" | "plainSave"; readonly name: number }
  | { readonly type: "drop" | "sync" | "reopen" | "other" };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constantFrom("save", "plainSave"), name: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ type: fc.constantFrom("drop", "sync", "reopen", "other") }),
);

test("R40, R42: whatever is saved, dropped, synced and lost, after the next opening it has all that is pending, and nothing that was dropped", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 12 }), async (steps) => {
      const wire = new Wire(newRelay());
      const kept = await newKept("Ada");
      await mustSync(kept.replica, wire);
      const bob = await newReplica("Bob", "");
      let { replica } = kept;
      const dropped = new Set<string>();
      for (const step of steps) {
        switch (step.type) {
          case "save":
            await saveValue(replica, `Acme.v${step.name}`, step.name);
            break;
          case "plainSave":
            await saveValue(await reopen(kept.plain, kept.signer), `Acme.v${step.name}`, step.name);
            break;
          case "drop": {
            const [last] = kept.plain
              .read(({ changes }) => changes.unsigned("main/Acme", 0, 999, 999))
              .slice(-1);
            if (last === undefined) break;
            dropped.add(last.id);
            await dropChanges(replica, new Set([last.id]));
            break;
          }
          case "sync":
            await mustSync(replica, wire);
            break;
          case "reopen": {
            const store = keep(kept.plain, kept.journal, kept.signer);
            await store.bringUpToDate();
            replica = await reopen(store, kept.signer);
            break;
          }
          case "other":
            await mustSync(bob, wire);
            await saveValue(bob, "Acme.bob", 1);
            await mustSync(bob, wire);
            break;
        }
      }
      await keep(kept.plain, kept.journal, kept.signer).bringUpToDate();
      expect(idsIn(kept)).toEqual(expect.arrayContaining([...pendingIds(kept)]));
      for (const id of idsIn(kept)) expect(dropped).not.toContain(id);
    }),
    { numRuns: 40 },
  );
});

test("R43: what the store lost is not taken out of the outbox, which is the last copy", async () => {
  const kept = await newKept("Ada");
  const lost = await saveValue(kept.replica, "Acme.lost", 1);
  const there = await saveValue(kept.replica, "Acme.there", 1);
  // Past the outbox, as a page that rots does.
  await kept.plain.write(({ packages, changes }) => {
    packages.clear();
    changes.remove(lost);
  });
  await keep(kept.plain, kept.journal, kept.signer).rewrite();
  expect(idsIn(kept)).toEqual(expect.arrayContaining([lost, there]));
  expect(kept.plain.read((tables) => lostChanges(tables, contentOf(kept)))).toMatchObject([{ id: lost }]);
});

test("R43: a change that rots in the store does not take the place of the good one in the outbox", async () => {
  const kept = await newKept("Ada");
  const id = await saveValue(kept.replica, "Acme.a", 1);
  const before = kept.journal.bytes;
  await kept.plain.write(({ changes }) => {
    const bytes = changes.get(id)?.bytes?.slice() ?? new Uint8Array();
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    changes.unplace(id, bytes);
  });
  await expect(keep(kept.plain, kept.journal, kept.signer).rewrite()).rejects.toThrow("not what its id says");
  expect(kept.journal.bytes).toEqual(before);
});
