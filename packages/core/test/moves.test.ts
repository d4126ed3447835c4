import { describe, expect, test } from "vitest";
import { contentHash } from "../src/content-hash.js";
import { namingSourceOf } from "../src/fold.js";
import type { Op } from "../src/op/op.js";
import { changeOf, type OpId, opId } from "../src/op-id.js";
import { scatteringAt } from "../src/scattering.js";
import { textOfSource } from "./support/intent.js";
import { MapFoldStore } from "./support/map-fold-store.js";
import { sourceOf, type TextName, textNames } from "./support/pairs.js";
import { addText, foldAll, nameOp, Scribe, targetHash } from "./support/placed.js";
import { sha256 } from "./support/ports.js";

const [A, B, C, D] = ["Acme.a", "Acme.b", "Acme.c", "Acme.d"];
const log = "main/Acme";

/** The state after folding at once and backwards one by one, which must be one. */
function folded(scribe: Scribe): MapFoldStore {
  const store = new MapFoldStore();
  foldAll(store, scribe.changes);
  const backwards = new MapFoldStore();
  for (const change of scribe.changes.toReversed()) foldAll(backwards, [change]);
  expect(backwards.state()).toEqual(store.state());
  return store;
}

/** A move in one change, and the ids of both of its ops. */
function move(
  scribe: Scribe,
  device: number,
  from: string,
  to: string,
  left: readonly OpId[],
  { what = "fn t0", taken = [] as readonly OpId[] } = {},
): { readonly departure: OpId; readonly arrival: OpId } {
  const departure = scribe.write(
    device,
    log,
    { type: "UnsetName", location: from, movedTo: to, supersedes: left },
    { ...nameOp(to, what, taken), movedFrom: from } as Op,
  );
  return { departure, arrival: opId(changeOf(departure), 1) };
}

/** Saves one of the texts of the tables. */
function save(scribe: Scribe, device: number, at: string, text: TextName, supersedes: readonly OpId[]): OpId {
  const definition = textOfSource(sourceOf(text, at));
  const name = { ...nameOp(at, "fn t0", supersedes), target: "previous op" } as Op;
  return opId(changeOf(scribe.write(device, log, addText(definition), name)), 1);
}

function shownAt(store: MapFoldStore, location: string): string {
  const value = store.views.get(location)?.shown?.value;
  if (value?.type !== "definition") return "nothing";
  const text = store.text(value.hash);
  const tail = text?.tail;
  const named = textNames.find(
    (name) => tail !== undefined && textOfSource(sourceOf(name, location)).tail === tail,
  );
  if (named !== undefined) return named;
  return ["t0", "t1", "t2", "t3"].find((target) => value.hash === targetHash("fn", target)) ?? value.hash;
}

function conflictsOf(store: MapFoldStore): readonly string[] {
  return [...new Set(store.conflicts().map(({ kind, locations }) => `${kind} ${locations.join(" ")}`))];
}

describe("O3.9 where heads belong", () => {
  test("an edit follows a chain of moves, and a removal too", () => {
    const scribe = new Scribe();
    const base = scribe.name(1, A, "fn t0");
    const first = move(scribe, 1, A, B, [base]);
    move(scribe, 1, B, C, [first.arrival]);
    const edit = scribe.name(2, A, "fn t1", [base]);
    expect(shownAt(folded(scribe), C)).toBe("t1");
    expect(folded(scribe).views.get(C)?.isMerged).toBe(true);
    // O6.1: the next naming of the place frees anew where the edit was written, in place of edit and move.
    const replaced = folded(scribe).replacedAt(C).get(A) ?? [];
    expect(replaced.map(({ id }) => id)).toEqual([edit, first.departure]);
    scribe.name(3, B, "nothing", [first.arrival]);
    expect(conflictsOf(folded(scribe))).toEqual([`edit-delete ${C}`]);
  });

  test("an edit stays where the definition was moved away and back", () => {
    const scribe = new Scribe();
    const base = scribe.name(1, A, "fn t0");
    const there = move(scribe, 1, A, B, [base]);
    move(scribe, 1, B, A, [there.arrival], { taken: [there.departure] });
    scribe.name(2, A, "fn t1", [base]);
    const store = folded(scribe);
    expect([shownAt(store, A), shownAt(store, B), store.conflicts()]).toEqual(["t1", "nothing", []]);
  });

  test("an edit of a definition that was put in the place of a moved one stays", () => {
    const scribe = new Scribe();
    const base = scribe.name(1, A, "fn t0");
    const { departure } = move(scribe, 1, A, B, [base]);
    const next = scribe.name(1, A, "fn t1", [departure, base]);
    scribe.name(2, A, "fn t2", [next]);
    scribe.name(3, A, "fn t3", [base]);
    const store = folded(scribe);
    expect([shownAt(store, A), shownAt(store, B), store.conflicts()]).toEqual(["t2", "t3", []]);
  });

  test("O3.5 what was put there past a removal is another definition, and moves without the old one's edits", () => {
    const scribe = new Scribe();
    const base = scribe.name(1, A, "fn t0");
    const { departure } = move(scribe, 1, A, B, [base]);
    const next = scribe.name(1, A, "fn t1", [departure, base]);
    move(scribe, 1, A, C, [next], { what: "fn t1" });
    scribe.name(2, A, "fn t2", [base]);
    const store = folded(scribe);
    expect([shownAt(store, B), shownAt(store, C)]).toEqual(["t2", "t1"]);
  });

  test("O3.5 freeing a place once more removes nothing that had moved away", () => {
    const scribe = new Scribe();
    const base = scribe.name(1, A, "fn t0");
    const { departure, arrival } = move(scribe, 1, A, B, [base]);
    scribe.name(2, A, "nothing", [departure]);
    scribe.write(1, log, nameOp(B, "fn t1", [arrival]), {
      type: "UnsetName",
      location: A,
      movedTo: B,
      supersedes: [departure],
    } as Op);
    const store = folded(scribe);
    expect([shownAt(store, B), store.conflicts()]).toEqual(["t1", []]);
  });

  test("an import that is behind follows nothing, though an equal text came and went since", () => {
    const scribe = new Scribe();
    const base = scribe.name(1, A, "fn t0");
    const gone = scribe.name(1, A, "nothing", [base]);
    const again = scribe.name(1, A, "fn t0", [gone]);
    move(scribe, 1, A, B, [again]);
    scribe.name(2, A, "fn t0");
    const store = folded(scribe);
    expect([shownAt(store, A), shownAt(store, B), store.conflicts()]).toEqual(["nothing", "t0", []]);
  });

  test("the definition was removed, another one came and moved on: an edit of the first beside that is edit-delete", () => {
    const scribe = new Scribe();
    const base = scribe.name(1, A, "fn t0");
    const gone = scribe.name(1, A, "nothing", [base]);
    const next = scribe.name(1, A, "fn t1", [gone]);
    const { departure } = move(scribe, 1, A, B, [next], { what: "fn t1" });
    const edit = scribe.name(2, A, "fn t2", [base]);
    const store = folded(scribe);
    expect(conflictsOf(store)).toEqual([`edit-delete ${A}`]);
    expect(store.conflictAt(A)?.heads.map(({ id }) => id)).toEqual([departure, edit].sort());
    expect([...store.replacedAt(A).keys()]).toEqual([A]);
  });
});

describe("O3.6 which moves count", () => {
  const both: readonly (readonly [string, readonly Op[]])[] = [
    ["no word of it where it should have come to", [nameOp(B, "fn t1")]],
    ["a place that is not of its change", []],
    ["another owner's place", [{ ...nameOp(C, "fn t1"), movedFrom: A } as Op]],
  ];
  test.each(both)("one end alone is a plain removal: %s", (_, beside) => {
    const scribe = new Scribe();
    const base = scribe.name(1, A, "fn t0");
    const other = beside.length === 0 || !beside.some((op) => "movedFrom" in op && op.movedFrom !== null);
    scribe.write(
      1,
      log,
      { type: "UnsetName", location: A, movedTo: other ? B : "Beta.b", supersedes: [base] },
      ...beside,
    );
    scribe.name(2, A, "fn t2", [base]);
    const store = folded(scribe);
    expect(conflictsOf(store)).toEqual([`edit-delete ${A}`]);
    for (const location of store.views.keys()) expect(store.views.get(location)?.isLinked).toBe(false);
  });

  test("a place that says it came from elsewhere, and nobody freed that", () => {
    const scribe = new Scribe();
    const base = scribe.name(1, A, "fn t0");
    scribe.write(1, log, { ...nameOp(B, "fn t0"), movedFrom: A } as Op);
    scribe.name(2, B, "fn t1");
    scribe.name(2, A, "fn t2", [base]);
    const store = folded(scribe);
    expect([shownAt(store, A), conflictsOf(store)]).toEqual(["t2", [`both-created ${B}`]]);
  });

  test("two places that say so of one: the one that it says too", () => {
    const scribe = new Scribe();
    const base = scribe.name(1, A, "fn t0");
    scribe.write(
      1,
      log,
      { ...nameOp(C, "fn t0"), movedFrom: A } as Op,
      { type: "UnsetName", location: A, movedTo: B, supersedes: [base] },
      { ...nameOp(B, "fn t0"), movedFrom: A } as Op,
    );
    scribe.name(2, A, "fn t1", [base]);
    const store = folded(scribe);
    expect([shownAt(store, B), shownAt(store, C), store.conflicts()]).toEqual(["t1", "t0", []]);
  });

  test("O2.1 two removals are equal, whatever place they name", () => {
    const scribe = new Scribe();
    const base = scribe.name(1, A, "fn t0");
    for (const place of [B, C])
      scribe.write(1, log, { type: "UnsetName", location: A, movedTo: place, supersedes: [base] });
    expect(folded(scribe).conflicts()).toEqual([]);
  });

  test("O1.3 an id of another location is no ancestor, though moves link the two", () => {
    const scribe = new Scribe();
    const base = scribe.name(1, A, "fn t0");
    const other = scribe.name(2, B, "fn t1");
    const edit = scribe.name(1, A, "fn t2", [base, other]);
    move(scribe, 1, A, B, [edit], { what: "fn t2" });
    expect(conflictsOf(folded(scribe))).toEqual([`name-taken ${B}`]);
  });
});

describe("O3.2 name-taken", () => {
  test("another definition was put where one was moved to", () => {
    const scribe = new Scribe();
    const base = scribe.name(1, A, "fn t0");
    const { arrival } = move(scribe, 1, A, B, [base]);
    const other = scribe.name(2, B, "fn t1");
    const conflict = folded(scribe).conflictAt(B);
    expect(conflict).toMatchObject({ kind: "name-taken", base: null });
    expect(conflict?.heads.map(({ id }) => id)).toEqual([arrival, other].sort());
  });

  test("one that moved to where another was that is edited: the edit is not of what moved there", () => {
    const scribe = new Scribe();
    const base = scribe.name(1, A, "fn t0");
    const other = scribe.name(1, B, "fn t1");
    move(scribe, 1, A, B, [base], { taken: [other] });
    scribe.name(2, B, "fn t2", [other]);
    expect(conflictsOf(folded(scribe))).toEqual([`name-taken ${B}`]);
  });

  test("two definitions at one place do not merge, though their texts would", () => {
    const scribe = new Scribe();
    const base = save(scribe, 1, A, "x", []);
    const other = save(scribe, 1, B, "t", []);
    const text = textOfSource(sourceOf("x", A));
    scribe.write(1, log, { type: "UnsetName", location: A, movedTo: B, supersedes: [base] }, {
      ...nameOp(B, "fn t0", [other]),
      target: contentHash(sha256, text),
      movedFrom: A,
    } as Op);
    save(scribe, 2, B, "e", [other]);
    expect(conflictsOf(folded(scribe))).toEqual([`name-taken ${B}`]);
  });

  test("O2.10 both removed what was there, and one moved another there: no conflict", () => {
    const scribe = new Scribe();
    const base = scribe.name(1, A, "fn t0");
    const other = scribe.name(1, B, "fn t1");
    const gone = scribe.name(1, B, "nothing", [other]);
    move(scribe, 1, A, B, [base], { taken: [gone] });
    scribe.name(2, B, "nothing", [other]);
    const store = folded(scribe);
    expect([shownAt(store, B), store.conflicts()]).toEqual(["t0", []]);
  });
});

describe("O3.10 one definition at several places", () => {
  function diverged(): {
    scribe: Scribe;
    base: OpId;
    toB: ReturnType<typeof move>;
    toC: ReturnType<typeof move>;
  } {
    const scribe = new Scribe();
    const base = scribe.name(1, A, "fn t0");
    return { scribe, base, toB: move(scribe, 1, A, B, [base]), toC: move(scribe, 2, A, C, [base]) };
  }

  test("an edit that followed to both is a head of the record", () => {
    const { scribe, base, toB, toC } = diverged();
    const edit = scribe.name(3, A, "fn t1", [base]);
    const store = folded(scribe);
    expect(conflictsOf(store)).toEqual([`move-move ${B} ${C}`]);
    expect(store.conflictAt(C)?.heads.map(({ id }) => id)).toEqual([toB.arrival, toC.arrival, edit].sort());
    const origins = scatteringAt(namingSourceOf(store), B)?.origins;
    expect(
      origins?.map(({ location, heads, isTaken }) => [location, heads.map(({ id }) => id), isTaken]),
    ).toEqual([[A, [toB.departure, toC.departure, edit].sort(), false]]);
  });

  test("what diverged again where it had gone to is one record", () => {
    const { scribe, toB } = diverged();
    move(scribe, 1, B, A, [toB.arrival], { taken: [toB.departure] });
    move(scribe, 3, B, D, [toB.arrival]);
    const store = folded(scribe);
    expect(conflictsOf(store)).toHaveLength(1);
    const [conflict] = store.conflicts();
    for (const place of conflict?.locations ?? [])
      expect(store.views.get(place)?.conflict?.id).toBe(conflict?.id);
  });

  test("a place that was given up settles it, and the edit goes to the other one", () => {
    const { scribe, base, toB } = diverged();
    scribe.name(3, A, "fn t1", [base]);
    scribe.name(1, B, "nothing", [toB.arrival]);
    const store = folded(scribe);
    expect([shownAt(store, B), shownAt(store, C), store.conflicts()]).toEqual(["nothing", "t1", []]);
  });

  test("O6.5 an op at the start that is no move keeps both places; a late edit goes to the first", () => {
    const { scribe, base, toB, toC } = diverged();
    scribe.name(1, A, "nothing", [toB.departure, toC.departure]);
    scribe.name(3, A, "fn t1", [base]);
    const store = folded(scribe);
    expect([shownAt(store, B), shownAt(store, C), store.conflicts()]).toEqual(["t1", "t0", []]);
  });

  test("O3.2 it waits until its places have no conflict of their own", () => {
    const { scribe, toB, toC } = diverged();
    scribe.name(1, B, "fn t1", [toB.arrival]);
    scribe.name(3, B, "fn t2", [toB.arrival]);
    expect(conflictsOf(folded(scribe))).toEqual([`edit-edit ${B}`]);
    expect(folded(scribe).views.get(C)).toMatchObject({ conflict: null, shown: { id: toC.arrival } });
  });
});

describe("O2 merges of more than two, and over several bases", () => {
  test.each([[[0, 1, 2]], [[2, 1, 0]], [[1, 2, 0]]])(
    "O2.5 three heads merge in whatever order they come: %s",
    (order) => {
      const results = new Set<string>();
      for (const number of [0, 50, 100, 150]) {
        const scribe = new Scribe(number);
        const base = save(scribe, 1, A, "t", []);
        save(scribe, 2, A, "e", [base]);
        save(scribe, 3, A, "m", [base]);
        save(scribe, 4, A, "e+m", [base]);
        const sides = order.flatMap((index) => scribe.changes[index + 1] ?? []);
        const store = new MapFoldStore();
        foldAll(store, sides);
        foldAll(store, scribe.changes);
        expect(store.conflicts()).toEqual([]);
        results.add(shownAt(store, A));
      }
      expect([...results]).toEqual(["e+m"]);
    },
  );

  /** Two who each saw both edits, and went on differently. */
  function crissCross(left: TextName | "nothing", right: TextName): MapFoldStore {
    const scribe = new Scribe();
    const base = save(scribe, 1, A, "t", []);
    const sides = [save(scribe, 1, A, "e", [base]), save(scribe, 2, A, "m", [base])];
    if (left === "nothing") scribe.name(1, A, "nothing", sides);
    else save(scribe, 1, A, left, sides);
    save(scribe, 2, A, right, sides);
    return folded(scribe);
  }

  test("O2.6 several nearest ancestors are merged to be the base", () => {
    expect(shownAt(crissCross("e+m", "o+m"), A)).toBe("o+m");
    expect(crissCross("e+m", "o+m").conflicts()).toEqual([]);
    expect(crissCross("x", "o+m").conflictAt(A)).toMatchObject({ kind: "edit-edit", base: null });
  });

  test("O2.7 who saved what the bases merge to left it as it was: a removal beside that stands", () => {
    const store = crissCross("nothing", "e+m");
    expect([shownAt(store, A), store.conflicts()]).toEqual(["nothing", []]);
  });

  test("O2.8 a text that comes late: a conflict until then, and after it as if it had always been there", () => {
    const scribe = new Scribe();
    const base = save(scribe, 1, A, "t", []);
    const { arrival } = move(scribe, 1, A, B, [base]);
    save(scribe, 1, B, "e", [arrival]);
    const text = textOfSource(sourceOf("m", A));
    scribe.write(2, log, { ...nameOp(A, "fn t0", [base]), target: contentHash(sha256, text) } as Op);
    const before = folded(scribe);
    expect(conflictsOf(before)).toEqual([`edit-edit ${B}`]);
    scribe.write(2, log, addText(text));
    const store = folded(scribe);
    expect([shownAt(store, B), store.conflicts()]).toEqual(["e+m", []]);
    foldAll(before, scribe.changes.slice(-1));
    expect(before.state()).toEqual(store.state());
  });
});

describe("O7.6 groups that nobody honest makes", () => {
  const at = (number: number) => `Acme.l${number}`;

  test("O3.8 beyond 256 moves every location is judged by itself, also those that were judged together before", () => {
    const scribe = new Scribe();
    let last = scribe.name(1, at(0), "fn t0");
    const base = last;
    scribe.name(2, at(0), "fn t1", [base]);
    for (let number = 0; number < 256; number += 1)
      last = move(scribe, 1, at(number), at(number + 1), [last]).arrival;
    const store = new MapFoldStore();
    foldAll(store, scribe.changes);
    expect([shownAt(store, at(256)), conflictsOf(store)]).toEqual(["t1", []]);
    const before = scribe.changes.length;
    move(scribe, 1, at(256), at(257), [last]);
    foldAll(store, scribe.changes.slice(before));
    expect([shownAt(store, at(257)), conflictsOf(store)]).toEqual(["t0", [`edit-delete ${at(0)}`]]);
    const atOnce = new MapFoldStore();
    foldAll(atOnce, scribe.changes);
    expect(atOnce.state()).toEqual(store.state());
  });

  test("O3.8 more heads than can follow stay where they were written, until some are settled", () => {
    const scribe = new Scribe();
    let last = scribe.name(1, at(0), "fn t0");
    const base = last;
    for (let number = 0; number < 64; number += 1)
      last = move(scribe, 1, at(number), at(number + 1), [last]).arrival;
    const heads = Array.from({ length: 1100 }, () => scribe.name(2, at(0), "fn t1", [base]));
    const store = new MapFoldStore();
    foldAll(store, scribe.changes);
    expect(shownAt(store, at(64))).toBe("t0");
    const before = scribe.changes.length;
    scribe.name(2, at(0), "fn t2", heads);
    foldAll(store, scribe.changes.slice(before));
    expect(shownAt(store, at(64))).toBe("t2");
  });

  test("a diamond after the other: as many ways as no one could walk", () => {
    const scribe = new Scribe();
    const base = scribe.name(1, at(0), "fn t0");
    scribe.name(3, at(0), "fn t1", [base]);
    let last: readonly OpId[] = [base];
    for (let number = 0; number < 60; number += 1) {
      const [start, left, right, end] = [0, 1, 2, 3].map((step) => at(3 * number + step)) as [
        string,
        string,
        string,
        string,
      ];
      const toLeft = move(scribe, 1, start, left, last);
      const toRight = move(scribe, 2, start, right, last);
      last = [
        move(scribe, 1, left, end, [toLeft.arrival]),
        move(scribe, 2, right, end, [toRight.arrival]),
      ].map(({ arrival }) => arrival);
    }
    const store = new MapFoldStore();
    foldAll(store, scribe.changes);
    expect([shownAt(store, at(180)), store.conflicts()]).toEqual(["t1", []]);
  });

  test("O2.9 bases of bases of bases, four at each step", () => {
    const scribe = new Scribe();
    let last: readonly OpId[] = [scribe.name(1, A, "fn t0")];
    for (let number = 0; number < 40; number += 1)
      last = [0, 1, 2, 3].map((who) => scribe.name(who, A, `fn t${number}w${who}`, last));
    expect(conflictsOf(folded(scribe))).toEqual([`edit-edit ${A}`]);
  });

  test("4,096 superseded at once, and 10,000 locations in one chain with three heads each", () => {
    const scribe = new Scribe();
    const heads = Array.from({ length: 4096 }, (_, number) => scribe.name(2, at(0), `fn h${number}`));
    let last = scribe.name(1, at(0), "fn t0", heads);
    for (let number = 0; number < 10_000; number += 1) {
      scribe.name(3, at(number), "fn t1", [last]);
      scribe.name(4, at(number), "fn t2", [last]);
      last = move(scribe, 1, at(number), at(number + 1), [last]).arrival;
    }
    const store = new MapFoldStore();
    foldAll(store, scribe.changes);
    expect(store.views.get(at(5000))?.conflict?.kind).toBe("edit-delete");
    expect(store.views.get(at(10_000))?.shown?.id).toBe(last);
  });
});
