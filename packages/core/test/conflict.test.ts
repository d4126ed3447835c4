import { describe, expect, test } from "vitest";
import { type Conflict, type ConflictKind, mainBranch } from "../src/conflict.js";
import { judgeGroup } from "../src/judge.js";
import type { OpId } from "../src/op-id.js";
import type { Assignment } from "../src/register.js";
import { MapFoldStore } from "./support/map-fold-store.js";
import { foldAll, nameOp, Scribe, targetHash } from "./support/placed.js";
import { foldPorts } from "./support/ports.js";

const at = "Acme.a";

/** The state after folding in both orders, which must be one. */
function folded(scribe: Scribe): MapFoldStore {
  const store = new MapFoldStore();
  foldAll(store, scribe.changes);
  const backwards = new MapFoldStore();
  foldAll(backwards, [...scribe.changes].reverse());
  expect(backwards.state()).toEqual(store.state());
  return store;
}

function headIds(store: MapFoldStore): readonly OpId[] {
  return store.heads({ type: "name", key: at }).map(({ id }) => id);
}

function shownAt(store: MapFoldStore): string {
  const value = store.views.get(at)?.shown?.value;
  return value?.type === "definition" ? value.hash : "nothing";
}

function conflictOf(scribe: Scribe): Conflict | null {
  return folded(scribe).conflictAt(at);
}

/** What each side may do over a base `fn t0`. `wait` does nothing. */
const sides = {
  wait: null,
  edit: "fn t1",
  "other edit": "fn t2",
  delete: "nothing",
  "change kind": "type t1",
  "change kind otherwise": "value t1",
  "change kind, other text": "type t2",
} as const;
type Side = keyof typeof sides;

// Rows and columns as above; "" is no conflict. Only one half, the rest is by symmetry.
const overBase: readonly (readonly [Side, Side, ConflictKind | ""])[] = [
  ["wait", "wait", ""],
  ["wait", "edit", ""],
  ["wait", "other edit", ""],
  ["wait", "delete", ""],
  ["wait", "change kind", ""],
  ["wait", "change kind otherwise", ""],
  ["wait", "change kind, other text", ""],
  ["edit", "edit", ""],
  ["edit", "other edit", "edit-edit"],
  ["edit", "delete", "edit-delete"],
  ["edit", "change kind", "kind-changed"],
  ["edit", "change kind otherwise", "kind-changed"],
  ["edit", "change kind, other text", "kind-changed"],
  ["other edit", "other edit", ""],
  ["other edit", "delete", "edit-delete"],
  ["other edit", "change kind", "kind-changed"],
  ["other edit", "change kind otherwise", "kind-changed"],
  ["other edit", "change kind, other text", "kind-changed"],
  ["delete", "delete", ""],
  ["delete", "change kind", "edit-delete"],
  ["delete", "change kind otherwise", "edit-delete"],
  ["delete", "change kind, other text", "edit-delete"],
  ["change kind", "change kind", ""],
  ["change kind", "change kind otherwise", "kind-changed"],
  ["change kind", "change kind, other text", "edit-edit"],
  ["change kind otherwise", "change kind otherwise", ""],
  ["change kind otherwise", "change kind, other text", "kind-changed"],
  ["change kind, other text", "change kind, other text", ""],
];

function targetOf(what: string | null): string {
  const [kind = "", target = ""] = (what ?? "fn t0").split(" ");
  return what === "nothing" ? "nothing" : targetHash(kind as "fn", target);
}

const bothWays = overBase.flatMap(([left, right, kind]) =>
  left === right
    ? [[left, right, kind] as const]
    : [[left, right, kind] as const, [right, left, kind] as const],
);

test("O3.1 the table has every pair", () => {
  expect(bothWays).toHaveLength(Object.keys(sides).length ** 2);
});

describe.each([
  ["one base that both saw", false],
  ["the same tree imported by each", true],
])("O3.1 two sides over %s", (_, importsTwice) => {
  test.each(bothWays)("O3.1 %s beside %s: %s", (left, right, kind) => {
    const scribe = new Scribe();
    const base = scribe.name(1, at, "fn t0");
    const otherBase = importsTwice ? scribe.name(2, at, "fn t0") : base;
    const heads: OpId[] = [];
    if (sides[left] !== null) heads.push(scribe.name(1, at, sides[left], [base]));
    if (sides[right] !== null) heads.push(scribe.name(2, at, sides[right], [otherBase]));
    const store = folded(scribe);
    const conflict = store.conflictAt(at);
    expect(conflict?.kind ?? "").toBe(kind);
    if (conflict === null) {
      expect(shownAt(store)).toBe(targetOf(sides[left] ?? sides[right]));
    } else {
      expect(conflict.heads.map(({ id }) => id)).toEqual([...heads].sort());
      expect(conflict.base?.id).toBe([base, otherBase].sort()[0]);
      expect(conflict.location).toBe(at);
    }
  });
});

const creations: readonly (readonly [string, string, ConflictKind | ""])[] = [
  ["fn t1", "fn t1", ""],
  ["fn t1", "fn t2", "both-created"],
  ["fn t1", "type t1", "both-created"],
  ["type t1", "value t1", "both-created"],
  ["value t1", "value t2", "both-created"],
];

describe("O3.1 two sides that share no definition", () => {
  test.each(creations)("O3.1 %s beside %s, nothing before: %s", (left, right, kind) => {
    const scribe = new Scribe();
    scribe.name(1, at, left);
    scribe.name(2, at, right);
    const conflict = conflictOf(scribe);
    expect(conflict?.kind ?? "").toBe(kind);
    expect(conflict?.base ?? null).toBeNull();
  });

  test.each(creations)("O3.1 %s beside %s, both after a deletion: %s", (left, right, kind) => {
    const scribe = new Scribe();
    const first = scribe.name(1, at, "fn t0");
    const gone = scribe.name(1, at, "nothing", [first]);
    scribe.name(1, at, left, [gone]);
    scribe.name(2, at, right, [gone]);
    const conflict = conflictOf(scribe);
    expect(conflict?.kind ?? "").toBe(kind);
    if (conflict !== null) expect(conflict.base?.id).toBe(gone);
  });

  test("O3.2 a deletion beside a creation of something else is edit-delete, base or no base", () => {
    const scribe = new Scribe();
    const first = scribe.name(1, at, "fn t0");
    scribe.name(1, at, "nothing", [first]);
    scribe.name(2, at, "fn t1");
    expect(conflictOf(scribe)).toMatchObject({ kind: "edit-delete", base: null });
  });

  test("O3.2 no common base and different kinds: both-created comes before kind-changed", () => {
    const scribe = new Scribe();
    scribe.name(1, at, "fn t1");
    scribe.name(2, at, "type t1");
    expect(conflictOf(scribe)?.kind).toBe("both-created");
  });

  test("O3.2 an edit, a kind change and a deletion of one base: edit-delete comes first", () => {
    const scribe = new Scribe();
    const base = scribe.name(1, at, "fn t0");
    scribe.name(1, at, "fn t1", [base]);
    scribe.name(2, at, "type t1", [base]);
    scribe.name(3, at, "nothing", [base]);
    expect(conflictOf(scribe)).toMatchObject({ kind: "edit-delete", base: { id: base } });
  });
});

describe("O2 heads that count as one", () => {
  test("O2.1 three heads of which two are equal: two stand, the first by id for the equal ones", () => {
    const scribe = new Scribe();
    const base = scribe.name(1, at, "fn t0");
    const alike = [scribe.name(1, at, "fn t1", [base]), scribe.name(2, at, "fn t1", [base])].sort();
    const other = scribe.name(3, at, "fn t2", [base]);
    const store = folded(scribe);
    expect(headIds(store)).toHaveLength(3);
    expect(store.conflictAt(at)?.heads.map(({ id }) => id)).toEqual([alike[0] ?? "", other].sort());
  });

  test("O2.1 three different heads are one conflict of three", () => {
    const scribe = new Scribe();
    const base = scribe.name(1, at, "fn t0");
    const heads = [1, 2, 3].map((who) => scribe.name(who, at, `fn t${who}`, [base])).sort();
    const conflict = conflictOf(scribe);
    expect(conflict).toMatchObject({ kind: "edit-edit", base: { id: base } });
    expect(conflict?.heads.map(({ id }) => id)).toEqual(heads);
  });

  test("O2.1 equal text of another kind is not equal", () => {
    const scribe = new Scribe();
    scribe.write(1, "main/Acme", nameOp(at, "fn t1"));
    scribe.write(2, "main/Acme", { ...nameOp(at, "fn t1"), kind: "value" } as ReturnType<typeof nameOp>);
    expect(conflictOf(scribe)?.kind).toBe("both-created");
  });

  test("O2.2 both imported the tree, one edited: an edit", () => {
    const scribe = new Scribe();
    scribe.name(1, at, "fn t0");
    const imported = scribe.name(2, at, "fn t0");
    scribe.name(2, at, "fn t1", [imported]);
    const store = folded(scribe);
    expect(headIds(store)).toHaveLength(2);
    expect(store.conflictAt(at)).toBeNull();
    expect(shownAt(store)).toBe(targetHash("fn", "t1"));
  });

  test("O2.2 one imported what the other had edited since, then edited: an edit", () => {
    const scribe = new Scribe();
    let last = scribe.name(1, at, "fn t0");
    for (const what of ["fn t1", "fn t2", "fn t3"]) last = scribe.name(1, at, what, [last]);
    scribe.name(2, at, "fn t1");
    const store = folded(scribe);
    expect(store.conflictAt(at)).toBeNull();
    expect(shownAt(store)).toBe(targetHash("fn", "t3"));
  });

  test("O2.2 three imports, one edited, one deleted: a conflict of these two over the import", () => {
    const scribe = new Scribe();
    const [first = "", second = "", third = ""] = [1, 2, 3].map((who) => scribe.name(who, at, "fn t0"));
    const heads = [scribe.name(2, at, "fn t1", [second]), scribe.name(3, at, "nothing", [third])].sort();
    const conflict = conflictOf(scribe);
    expect(conflict?.kind).toBe("edit-delete");
    expect(conflict?.heads.map(({ id }) => id)).toEqual(heads);
    expect(conflict?.base?.id).toBe([first, second, third].sort()[0]);
  });

  test("O2.2 the import that was edited back is equal to the import that was not", () => {
    const scribe = new Scribe();
    const first = scribe.name(1, at, "fn t0");
    const edit = scribe.name(1, at, "fn t1", [first]);
    scribe.name(1, at, "fn t0", [edit]);
    scribe.name(2, at, "fn t0");
    expect(conflictOf(scribe)).toBeNull();
  });

  test("O2.3 mutual revert: each went from the other's text to its own; no head is behind, so it is a conflict", () => {
    const scribe = new Scribe();
    const left = scribe.name(1, at, "fn t1");
    const right = scribe.name(2, at, "fn t2");
    const heads = [scribe.name(1, at, "fn t2", [left]), scribe.name(2, at, "fn t1", [right])].sort();
    const conflict = conflictOf(scribe);
    expect(conflict).toMatchObject({ kind: "both-created", base: null });
    expect(conflict?.heads.map(({ id }) => id)).toEqual(heads);
  });

  test("O2.4 with a common ancestor equal targets in the lineage count for nothing: going back is an edit", () => {
    const scribe = new Scribe();
    const base = scribe.name(1, at, "fn t0");
    const there = scribe.name(1, at, "fn t1", [base]);
    const on = scribe.name(1, at, "fn t2", [there]);
    const other = scribe.name(2, at, "fn t1", [base]);
    const conflict = conflictOf(scribe);
    expect(conflict).toMatchObject({ kind: "edit-edit", base: { id: base } });
    expect(conflict?.heads.map(({ id }) => id)).toEqual([on, other].sort());
  });

  test("O3.3 two nearest common ancestors: no base, the kind as if there were one", () => {
    const scribe = new Scribe();
    const root = scribe.name(1, at, "fn t0");
    const left = scribe.name(1, at, "fn t1", [root]);
    const right = scribe.name(2, at, "fn t2", [root]);
    scribe.name(1, at, "fn t3", [left, right]);
    scribe.name(2, at, "fn t4", [right, left]);
    expect(conflictOf(scribe)).toMatchObject({ kind: "edit-edit", base: null });
  });

  test("O3.3 the nearest common ancestor is the base, not one before it", () => {
    const scribe = new Scribe();
    let base = scribe.name(1, at, "fn t0");
    for (const what of ["fn t1", "fn t2"]) base = scribe.name(1, at, what, [base]);
    scribe.name(1, at, "fn t3", [base]);
    const middle = scribe.name(2, at, "fn t4", [base]);
    scribe.name(2, at, "fn t5", [middle]);
    expect(conflictOf(scribe)?.base?.id).toBe(base);
  });
});

describe("O5 ids and views", () => {
  test("O5.1 the id is of branch, kind, location and heads: another head, kind or place makes another", () => {
    const ids = new Set<string>();
    for (const [location, left, right] of [
      [at, "fn t1", "fn t2"],
      [at, "fn t1", "nothing"],
      [at, "fn t1", "fn t3"],
      ["Acme.b", "fn t1", "fn t2"],
    ] as const) {
      const scribe = new Scribe();
      const base = scribe.name(1, location, "fn t0");
      scribe.name(1, location, left, [base]);
      scribe.name(2, location, right, [base]);
      ids.add(folded(scribe).conflictAt(location)?.id ?? "");
    }
    expect(ids.size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{64}$/);
  });

  test("O5.2 a definition is shown rather than a deletion, of several the one with the least id", () => {
    const scribe = new Scribe();
    const base = scribe.name(1, at, "fn t0");
    scribe.name(1, at, "nothing", [base]);
    const edits = [scribe.name(2, at, "fn t1", [base]), scribe.name(3, at, "fn t2", [base])].sort();
    expect(folded(scribe).views.get(at)?.shown?.id).toBe(edits[0]);
  });
});

describe("O6 resolutions", () => {
  function twoHeads(): { scribe: Scribe; heads: readonly OpId[] } {
    const scribe = new Scribe();
    const base = scribe.name(1, at, "fn t0");
    const heads = [scribe.name(1, at, "fn t1", [base]), scribe.name(2, at, "fn t2", [base])];
    return { scribe, heads };
  }

  function settle(scribe: Scribe, who: number, what: string, heads: readonly OpId[]): OpId {
    const conflict = folded(scribe).conflictAt(at)?.id ?? "0".repeat(64);
    return scribe.write(who, "main/Acme", nameOp(at, what, heads), {
      type: "Resolve",
      conflict,
      choice: "mine",
      rule: "",
    });
  }

  test("O6.1 it supersedes the heads it names, and the conflict is gone", () => {
    const { scribe, heads } = twoHeads();
    expect(conflictOf(scribe)?.kind).toBe("edit-edit");
    const settled = settle(scribe, 1, "fn t1", heads);
    const store = folded(scribe);
    expect(headIds(store)).toEqual([settled]);
    expect(store.conflictAt(at)).toBeNull();
    expect(shownAt(store)).toBe(targetHash("fn", "t1"));
  });

  test("O6.2 a head that it did not see stays a head: a new conflict, over what both knew", () => {
    const { scribe, heads } = twoHeads();
    const settled = settle(scribe, 1, "fn t3", heads);
    const late = scribe.name(3, at, "fn t4", [heads[1] ?? ""]);
    const conflict = conflictOf(scribe);
    expect(conflict?.kind).toBe("edit-edit");
    expect(conflict?.heads.map(({ id }) => id)).toEqual([settled, late].sort());
    expect(conflict?.base?.id).toBe(heads[1]);
  });

  test("O6.3 two who choose alike make no conflict", () => {
    const { scribe, heads } = twoHeads();
    settle(scribe, 1, "fn t2", heads);
    settle(scribe, 2, "fn t2", heads);
    const store = folded(scribe);
    expect(headIds(store)).toHaveLength(2);
    expect(store.conflictAt(at)).toBeNull();
  });

  test("O6.3 two who choose differently make a new one, of another id", () => {
    const { scribe, heads } = twoHeads();
    const before = conflictOf(scribe)?.id;
    const settled = [settle(scribe, 1, "fn t1", heads), settle(scribe, 2, "fn t2", heads)].sort();
    const conflict = conflictOf(scribe);
    expect(conflict?.heads.map(({ id }) => id)).toEqual(settled);
    expect(conflict?.id).not.toBe(before);
    // Both superseded both heads, so the heads are two nearest ancestors.
    expect(conflict).toMatchObject({ kind: "edit-edit", base: null });
  });

  test("O6.4 the note alone settles nothing", () => {
    const { scribe } = twoHeads();
    const conflict = conflictOf(scribe);
    scribe.write(1, "main/Acme", {
      type: "Resolve",
      conflict: conflict?.id ?? "",
      choice: "mine",
      rule: "",
    });
    expect(conflictOf(scribe)).toEqual(conflict);
  });
});

describe("lineages that only a broken hash could make", () => {
  const value = (target: string): Assignment<"name">["value"] => ({
    type: "definition",
    kind: "fn",
    hash: targetHash("fn", target),
    movedFrom: null,
  });

  test("O7.6 circles end: an op that supersedes itself, two that supersede each other", () => {
    const all: Assignment<"name">[] = [
      { id: "a", value: value("t1"), supersedes: ["a", "b"] },
      { id: "b", value: value("t2"), supersedes: ["a"] },
      { id: "c", value: value("t3"), supersedes: ["b"] },
    ];
    const source = {
      heads: () => all,
      assignment: (_: string, id: OpId) => all.find((assignment) => assignment.id === id) ?? null,
      text: () => null,
    };
    const judged = judgeGroup(foldPorts, mainBranch, source, at).names.get(at);
    expect(judged?.view.shown?.id).toBe("c");
  });
});
