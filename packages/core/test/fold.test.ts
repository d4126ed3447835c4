import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeChange } from "../src/change.js";
import { mainBranch } from "../src/conflict.js";
import { contentHash } from "../src/content-hash.js";
import { Fold, namingSourceOf, problemOf } from "../src/fold.js";
import { judgeGroup } from "../src/judge.js";
import type { Op } from "../src/op/op.js";
import { previousOp } from "../src/op/set-name.js";
import { opId } from "../src/op-id.js";
import { anyHistory, type Event, History, locations, people } from "./support/history.js";
import { MapFoldStore } from "./support/map-fold-store.js";
import {
  deviceKey,
  foldAll,
  foldBytes,
  nameOp,
  newChange,
  type PlacedBytes,
  place,
  Scribe,
} from "./support/placed.js";
import { foldPorts, sha256 } from "./support/ports.js";

const numRuns = 1000;

/** How changes reach a replica: sort keys, one for each delivery, the sizes of batches, and what comes twice. */
const deliveries = fc.record({
  keys: fc.array(fc.nat(1000), { maxLength: 100, size: "max" }),
  batches: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
  twice: fc.array(fc.nat(1000), { maxLength: 5 }),
});
type Delivery = typeof deliveries extends fc.Arbitrary<infer Value> ? Value : never;

function ordered(changes: readonly PlacedBytes[], { keys, twice }: Delivery): readonly PlacedBytes[] {
  const again = twice
    .map((number) => changes[number % changes.length])
    .filter((change) => change !== undefined);
  return [...changes, ...again]
    .map((change, index) => ({ change, key: keys[index % Math.max(keys.length, 1)] ?? 0 }))
    .sort((left, right) => left.key - right.key)
    .map(({ change }) => change);
}

/** Folds in batches; the caller drops duplicates, or leaves them to the fold. */
function foldBitByBit(
  store: MapFoldStore,
  changes: readonly PlacedBytes[],
  batches: readonly number[],
  dropsDuplicates: boolean,
): ReadonlyMap<string, string> {
  const setAside = new Map<string, string>();
  const seen = new Set<string>();
  for (let start = 0, turn = 0; start < changes.length; turn += 1) {
    const end = start + (batches[turn % batches.length] ?? 1);
    const fold = new Fold(store, foldPorts);
    for (const change of changes.slice(start, end)) {
      const key = `${change.log} ${change.id}`;
      if (dropsDuplicates && seen.has(key)) continue;
      seen.add(key);
      const reason = foldBytes(fold, change);
      if (reason !== null) setAside.set(key, reason);
    }
    fold.finish();
    start = end;
  }
  return setAside;
}

describe("O8 the state depends on the set of changes only", () => {
  test("O8.1 any order, any batches, duplicates: one state", () => {
    fc.assert(
      fc.property(anyHistory(60), deliveries, fc.boolean(), (history, delivery, dropsDuplicates) => {
        const atOnce = new MapFoldStore();
        const aside = foldAll(atOnce, history.changes);
        const bitByBit = new MapFoldStore();
        const order = ordered(history.changes, delivery);
        const asideToo = foldBitByBit(bitByBit, order, delivery.batches, dropsDuplicates);
        expect(bitByBit.state()).toEqual(atOnce.state());
        expect([...asideToo].sort()).toEqual([...aside].sort());
      }),
      { numRuns },
    );
  });

  test("O8.6 what is recorded is what judging from all assignments gives, wherever that starts", () => {
    fc.assert(
      fc.property(anyHistory(60), deliveries, (history, delivery) => {
        const store = new MapFoldStore();
        foldBitByBit(store, ordered(history.changes, delivery), delivery.batches, true);
        for (const start of store.views.keys()) {
          const { names } = judgeGroup(foldPorts, mainBranch, namingSourceOf(store), start);
          for (const [location, { view }] of names) expect(view).toEqual(store.views.get(location));
        }
      }),
      { numRuns },
    );
  });

  test("O8.2 replicas that edited, met and parted as they liked agree once they hold the same changes", () => {
    fc.assert(
      fc.property(anyHistory(60), (history) => {
        history.syncAll();
        const [first, ...others] = history.replicas;
        for (const other of others) expect(other.store.state()).toEqual(first?.store.state());
      }),
      { numRuns },
    );
  });

  test("O8.3 one history that has everything: conflicts, set-aside changes, ops that came before what they supersede", () => {
    const numbers = { conflicts: 0, aside: 0, ahead: 0, texts: 0 };
    const histories = fc.sample(anyHistory(60), { numRuns: 200, seed: 8 });
    for (const history of histories) {
      const store = new MapFoldStore();
      numbers.aside += foldAll(store, history.changes).size;
      numbers.conflicts += store.conflicts().length;
      numbers.texts += store.texts.size;
      const rows = (store.state() as { rows: { ahead: string[] }[] }).rows;
      numbers.ahead += rows.filter(({ ahead }) => ahead.length > 0).length;
    }
    // The generator is worth its name.
    for (const count of Object.values(numbers)) expect(count).toBeGreaterThan(50);
  });

  const edits = fc.array(
    fc.record({
      who: fc.nat(people.length - 1),
      what: fc.constantFrom(
        ...([
          "save",
          "save",
          "edit",
          "edit",
          "remove",
          "rename",
          "rename",
          "swap",
          "import",
          "look",
        ] as const),
        "deprecate" as const,
      ),
      where: fc.constantFrom(0, 0, 1, 2, 3, 4),
      other: fc.constantFrom(0, 0, 1, 2, 3, 4),
      target: fc.nat(3),
      kind: fc.constantFrom(0, 0, 1),
    }),
    { maxLength: 25, size: "max" },
  );

  /**
   * Plays a linear history: whoever edits has got all that the last editor had. Anyone may have imported the one
   * tree before the first sync, however late that is. `check` is called after each event.
   */
  function playLinear(
    list: typeof edits extends fc.Arbitrary<infer Value> ? Value : never,
    check: (history: History) => void,
  ): { readonly history: History; readonly lastEditor: number | null } {
    const history = new History([]);
    const play = (event: Event) => {
      history.play(event);
      check(history);
    };
    let lastEditor: number | null = null;
    for (const { who, what, where, other, target, kind } of list) {
      const isFresh = history.replicas[who]?.held.size === 0;
      if (isFresh && what === "import") {
        play({ type: "import", who });
        continue;
      }
      if (lastEditor === null) {
        if (isFresh) play({ type: "import", who });
      } else play({ type: "sync", who, from: lastEditor });
      if (what === "look") continue;
      lastEditor = who;
      if (what === "save") play({ type: "save", who, where, target, kind, wide: target % 2 === 0 });
      else if (what === "edit")
        play({ type: "edit", who, where, line: target, value: kind, isTextLate: false });
      else if (what === "rename" || what === "swap") play({ type: what, who, where, to: other });
      else if (what === "import") play({ type: "import", who });
      else if (what === "remove") play({ type: "remove", who, where });
      else play({ type: "deprecate", who, where });
    }
    return { history, lastEditor };
  }

  test("O8.4 a linear history gives no conflict, on no replica at no moment, first sync included", () => {
    fc.assert(
      fc.property(edits, deliveries, (list, delivery) => {
        let shown = "";
        const { history } = playLinear(list, (soFar) => {
          shown = soFar[fc.toStringMethod]();
          for (const { store } of soFar.replicas) expect(store.conflicts(), shown).toEqual([]);
        });
        const store = new MapFoldStore();
        foldBitByBit(store, ordered(history.changes, delivery), delivery.batches, true);
        expect(store.conflicts(), shown).toEqual([]);
      }),
      { numRuns },
    );
  });

  test("O8.5 after a linear history every location shows what the last editor saw", () => {
    fc.assert(
      fc.property(edits, (list) => {
        const { history, lastEditor } = playLinear(list, () => {});
        fc.pre(lastEditor !== null);
        const store = new MapFoldStore();
        foldAll(store, history.changes);
        for (const location of locations) {
          const value = history.replicas[lastEditor ?? 0]?.store.views.get(location)?.shown?.value;
          expect(store.views.get(location)?.shown?.value, history[fc.toStringMethod]()).toMatchObject(
            value?.type === "definition" ? { kind: value.kind, hash: value.hash } : { type: "nothing" },
          );
        }
      }),
      { numRuns },
    );
  });
});

describe("O7 the fold is total", () => {
  test("O7.1 a version that lacks kinds of op sets those changes aside whole, and catches up after an upgrade", () => {
    const kinds = fc.subarray([
      "SetName",
      "UnsetName",
      "Deprecate",
      "Undeprecate",
      "SetFile",
      "Resolve",
      "AddFn",
    ]);
    fc.assert(
      fc.property(anyHistory(60), kinds, deliveries, (history, unknown, delivery) => {
        const order = ordered(history.changes, delivery);
        const store = new MapFoldStore();
        const before = new Fold(store, foldPorts);
        const waiting = order.filter(
          (change) =>
            foldBytes(before, change, (op: Op) => !unknown.some((kind) => kind === op.type)) !== null,
        );
        before.finish();
        const after = new Fold(store, foldPorts);
        for (const change of waiting) foldBytes(after, change);
        after.finish();
        const always = new MapFoldStore();
        foldAll(always, history.changes);
        expect(store.state()).toEqual(always.state());
      }),
      { numRuns },
    );
  });

  test("O7.2 what is set aside changes nothing: the others alone give the same state", () => {
    fc.assert(
      fc.property(anyHistory(60), (history) => {
        const all = new MapFoldStore();
        const setAside = foldAll(all, history.changes);
        const good = new MapFoldStore();
        const isGood = (change: PlacedBytes) => !setAside.has(`${change.log} ${change.id}`);
        expect(foldAll(good, history.changes.filter(isGood)).size).toBe(0);
        expect(good.state()).toEqual(all.state());
      }),
      { numRuns },
    );
  });

  const good = nameOp("Acme.a", "fn t1");
  const tooManyOps = Array.from({ length: 8193 }, (_, index) => nameOp(`Acme.x${index}`, "fn t1"));
  const ids = Array.from({ length: 4097 }, (_, index) => opId(deviceKey(1), index));
  const reasons: readonly (readonly [string, string, readonly Op[], RegExp])[] = [
    ["no ops", "main/Acme", [], /without ops/],
    ["too many ops", "main/Acme", tooManyOps, /more than 8192 ops/],
    ["two ops for one name", "main/Acme", [good, nameOp("Acme.a", "nothing")], /two ops.*the name Acme\.a/],
    [
      "two for one deprecation",
      "main/Acme",
      [
        { type: "Deprecate", location: "Acme.a", message: "", supersedes: [] },
        { type: "Undeprecate", location: "Acme.a", supersedes: [] },
      ],
      /two ops.*deprecation/,
    ],
    ["another owner's location", "main/Beta", [good], /does not belong in the log main\/Beta/],
    ["a log without owner", "main", [good], /does not belong in the log main/],
    ["a naming op in auth", "auth", [good], /SetName does not belong in the log auth/],
    ["a log of no kind", "mainly/Acme", [good], /does not belong/],
    [
      "a device in main",
      "main/Acme",
      [{ type: "IntroduceDevice", member: "Ada", supersedes: [] }],
      /does not belong/,
    ],
    ["no location", "main/Acme", [nameOp("Acme", "fn t1")], /not a location/],
    ["half a character", "main/Acme", [nameOp("Acme.\ud800", "fn t1")], /not a location/],
    ["too many superseded", "main/Acme", [nameOp("Acme.a", "fn t1", ids)], /more than 4096/],
    [
      "an id that is none",
      "main/Acme",
      [nameOp("Acme.a", "fn t1", ["12/0"])],
      /12\/0 is not the id of an op/,
    ],
    [
      "a target that is none",
      "main/Acme",
      [{ type: "SetName", location: "Acme.a", kind: "fn", target: "12", movedFrom: null, supersedes: [] }],
      /not the hash/,
    ],
    [
      "a conflict that is none",
      "main/Acme",
      [{ type: "Resolve", conflict: "12", choice: "mine", rule: "" }],
      /conflict/,
    ],
    [
      "an essay for a choice",
      "main/Acme",
      [{ type: "Resolve", conflict: deviceKey(1), choice: "m".repeat(21), rule: "" }],
      /no word/,
    ],
    [
      "a text with half a character",
      "main/Acme",
      [{ type: "AddFn", head: "let \ud800", tail: "" }],
      /Unicode/,
    ],
    ["a text too large", "main/Acme", [{ type: "AddFn", head: "é".repeat(262_144), tail: "x" }], /512 KiB/],
    [
      "a long message",
      "main/Acme",
      [{ type: "Deprecate", location: "Acme.a", message: "m".repeat(1366), supersedes: [] }],
      /too long/,
    ],
    [
      "a path out of the folder",
      "main/Acme",
      [{ type: "SetFile", path: "a/../../b.dark", skeleton: [], supersedes: [] }],
      /relative path/,
    ],
    [
      "an absolute path",
      "main/Acme",
      [{ type: "SetFile", path: "/etc/b.dark", skeleton: [], supersedes: [] }],
      /relative path/,
    ],
    [
      "a slot in a column that is none",
      "main/Acme",
      [{ type: "SetFile", path: "a.dark", skeleton: [{ location: "Acme.a", column: -1 }], supersedes: [] }],
      /columns/,
    ],
    [
      "a layout of too many pieces",
      "main/Acme",
      [
        {
          type: "SetFile",
          path: "a.dark",
          skeleton: Array.from({ length: 65_537 }, () => ""),
          supersedes: [],
        },
      ],
      /pieces/,
    ],
    ["a member without a name", "auth", [{ type: "IntroduceDevice", member: "", supersedes: [] }], /letters/],
    [
      "an owner in small letters",
      "auth",
      [{ type: "CreateNamespace", owner: "acme", supersedes: [] }],
      /capital/,
    ],
  ];
  test.each(reasons)("O7.3 set aside, with a reason: %s", (_, log, ops, reason) => {
    expect(problemOf({ log, change: newChange(0, ops) })).toMatch(reason);
  });

  test("O7.3 set aside: merge rules that no version had", () => {
    expect(problemOf({ log: "main/Acme", change: { ...newChange(0, [good]), rules: 0 } })).toMatch(/rules/);
  });

  test("O7.4 a change is folded whole or not at all: a bad op keeps the good ones beside it out", () => {
    const store = new MapFoldStore();
    const bytes = encodeChange(
      newChange(1, [good, { type: "Deprecate", location: "x", message: "", supersedes: [] }]),
    );
    expect(foldAll(store, [place(deviceKey(1), "main/Acme", bytes)]).size).toBe(1);
    expect(store.views.size).toBe(0);
  });

  test("C1.9 a name can be that of the text right before it, and of no other", () => {
    const text = { kind: "fn", head: "let ", tail: " (x: Int64) : Int64 = x" } as const;
    const add: Op = { type: "AddFn", head: text.head, tail: text.tail };
    const name = { ...good, kind: "fn", target: previousOp } as Op;
    const asHash = { ...good, kind: "fn", target: contentHash(sha256, text) } as Op;
    const views = [name, asHash].map((op) => {
      const store = new MapFoldStore();
      expect(
        foldAll(store, [place(deviceKey(1), "main/Acme", encodeChange(newChange(1, [add, op])))]).size,
      ).toBe(0);
      return store.heads({ type: "name", key: "Acme.a" }).map(({ value }) => value);
    });
    expect(views[0]).toEqual(views[1]);
    const wrong: readonly (readonly Op[])[] = [
      [name],
      [name, add],
      [add, { type: "UnsetName", location: "Acme.b", movedTo: null, supersedes: [] }, name],
      [add, { ...name, kind: "type" } as Op],
    ];
    for (const ops of wrong) {
      expect(problemOf({ log: "main/Acme", change: newChange(1, ops) })).toMatch(/does not stand before/);
    }
  });

  test("O7.5 the same bytes in two logs are two changes, each judged in its own", () => {
    const bytes = encodeChange(newChange(1, [good]));
    const placements = ["main/Acme", "main/Beta"].map((log) => place(deviceKey(1), log, bytes));
    for (const order of [placements, [...placements].reverse()]) {
      const store = new MapFoldStore();
      expect([...foldAll(store, order).keys()]).toEqual([`main/Beta ${placements[1]?.id}`]);
      expect(store.heads({ type: "name", key: "Acme.a" })).toHaveLength(1);
    }
  });
});

describe("O1 ops that come before or beside what they supersede", () => {
  test("O1.3 late arrival: what is superseded already is no head when it comes", () => {
    const scribe = new Scribe();
    const first = scribe.name(1, "Acme.a", "fn t1");
    const second = scribe.name(1, "Acme.a", "fn t2", [first]);
    const store = new MapFoldStore();
    foldAll(store, scribe.changes.slice(1));
    foldAll(store, scribe.changes.slice(0, 1));
    expect(store.heads({ type: "name", key: "Acme.a" }).map(({ id }) => id)).toEqual([second]);
    expect(store.takeAhead({ type: "name", key: "Acme.a" }, first)).toBe(false);
  });

  test("O1.3 an id of another register is superseded for nobody", () => {
    const scribe = new Scribe();
    const first = scribe.name(1, "Acme.a", "fn t1");
    scribe.name(2, "Acme.b", "fn t2", [first]);
    for (const order of [scribe.changes, [...scribe.changes].reverse()]) {
      const store = new MapFoldStore();
      foldAll(store, order);
      expect(store.heads({ type: "name", key: "Acme.a" }).map(({ id }) => id)).toEqual([first]);
      expect(store.takeAhead({ type: "name", key: "Acme.b" }, first)).toBe(true);
      expect(store.takeAhead({ type: "name", key: "Acme.a" }, first)).toBe(false);
    }
  });

  test("O1.3 a duplicate that comes after its successor does not come back", () => {
    const scribe = new Scribe();
    const first = scribe.name(1, "Acme.a", "fn t1");
    const second = scribe.name(1, "Acme.a", "fn t2", [first]);
    const store = new MapFoldStore();
    foldAll(store, scribe.changes);
    foldAll(store, scribe.changes);
    expect(store.heads({ type: "name", key: "Acme.a" }).map(({ id }) => id)).toEqual([second]);
  });
});
