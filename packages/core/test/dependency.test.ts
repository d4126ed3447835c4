import { describe, expect, test } from "vitest";
import { type DependencySource, judgeDependency, type Standing, standingOf } from "../src/dependency.js";
import type { JudgedName } from "../src/judge.js";
import { changeOf, type OpId, opId } from "../src/op-id.js";
import type { Assignment, Binding } from "../src/register.js";
import { foldPorts } from "./support/ports.js";

const definition = "Acme.price";
const user = "Acme.total";

/** The id of the only op of a change with a number. */
function op(number: number): OpId {
  return opId(`${number}`.padStart(64, "0"), 0);
}

/** Texts stand for their hashes here. */
function binds(text: string): Binding {
  return { type: "definition", kind: "fn", hash: text, movedFrom: null };
}

function naming(number: number, value: Binding, ...supersedes: readonly number[]): Assignment<"name"> {
  return { id: op(number), value, supersedes: supersedes.map(op) };
}

function standing(
  location: string,
  shown: Assignment<"name">,
  ...heads: readonly Assignment<"name">[]
): Standing {
  return { shown, heads: heads.map((head) => ({ ...head, location, namings: [head.id] })) };
}

interface World {
  readonly changed: Standing | null;
  readonly using: Standing | null;
  /** All namings of the definition. */
  readonly versions: readonly Assignment<"name">[];
  /** Of which numbers a change had seen the changes; each is of a device of its own. */
  readonly seen: Readonly<Record<number, readonly number[]>>;
  readonly missing?: string;
  readonly isContested?: boolean;
}

function judge({ changed, using, versions, seen, missing, isContested = false }: World) {
  const source: DependencySource = {
    standing: (location) => (location === definition ? changed : using),
    isContested: () => isContested,
    isBound: () => false,
    assignment: (_, id) => versions.find((version) => version.id === id) ?? null,
    sameVersion: (_, id) => [id],
    text: (hash) => (hash === missing ? null : { kind: "fn", head: "let ", tail: hash }),
    isOneDevice: (left, right) => left === right,
    hasSeen: (viewer, other) => (seen[Number(viewer)] ?? []).some((number) => changeOf(op(number)) === other),
  };
  return judgeDependency(foldPorts, source, definition, user);
}

const oneParameter = " (a: Int64) : Int64 = 1L";
const otherBody = " (a: Int64) : Int64 = 2L";
const otherType = " (a: String) : Int64 = 1L";
const uses = naming(9, binds(" (a: Int64) : Int64 = price a"));
const usesNot = naming(8, binds(" (a: Int64) : Int64 = 7L"));

describe("O4.4 what the author of the use knew", () => {
  const v1 = naming(1, binds(oneParameter));
  const v2 = naming(2, binds(otherType), 1);

  test("is the latest version seen, even where the change replaces an earlier one too", () => {
    const x = naming(3, binds(otherBody), 2, 1);
    const versions = [v1, v2, x];
    const world = { changed: standing(definition, x, x), using: standing(user, uses, uses), versions };
    expect(judge({ ...world, seen: { 9: [1, 2] } })?.conflict?.base?.id).toBe(v2.id);
    expect(judge({ ...world, seen: { 9: [1] } })?.conflict).toBeNull();
  });

  test("is any of several that were concurrent: what is as in one of them is no news", () => {
    const other = naming(3, binds(oneParameter), 1);
    const x = naming(4, binds(otherBody), 2, 3);
    const changed = standing(definition, x, x);
    const world = { changed, using: standing(user, uses, uses), versions: [v1, v2, other, x] };
    expect(judge({ ...world, seen: { 9: [1, 2, 3] } })?.conflict).toBeNull();
    const removal = naming(4, { type: "nothing", movedTo: null }, 2, 3);
    const removed = { changed: standing(definition, removal, removal), versions: [v1, v2, other, removal] };
    const { conflict } = judge({ ...world, ...removed, seen: { 9: [1, 2, 3] } }) ?? {};
    expect(conflict?.heads.map(({ id }) => id)).toEqual([removal.id, uses.id]);
    expect(conflict?.base).toBeNull();
  });

  test("is nothing where it was removed", () => {
    const removal = naming(2, { type: "nothing", movedTo: null }, 1);
    const x = naming(3, binds(otherType), 2);
    const world = {
      changed: standing(definition, x, x),
      using: standing(user, uses, uses),
      versions: [v1, removal, x],
    };
    expect(judge({ ...world, seen: { 9: [1, 2] } })?.conflict).toBeNull();
    expect(judge({ ...world, seen: { 9: [1] } })?.conflict).not.toBeNull();
  });
});

describe("O4.2, O4.6", () => {
  const v1 = naming(1, binds(oneParameter));
  const x = naming(2, binds(otherType), 1);
  const base = { changed: standing(definition, x, x), versions: [v1, x], seen: { 8: [1], 9: [1] } };

  test("of a merge, what is shown uses it too, and only heads that use it are named", () => {
    const merged = standing(user, uses, uses, usesNot);
    expect(judge({ ...base, using: merged })?.conflict?.heads.map(({ id }) => id)).toEqual([x.id, uses.id]);
    expect(judge({ ...base, using: standing(user, usesNot, uses, usesNot) })).toMatchObject({
      conflict: null,
    });
  });

  test("while a text is missing there is none, and the pair is kept", () => {
    for (const missing of [otherType, " (a: Int64) : Int64 = price a"]) {
      const verdict = judge({ ...base, using: standing(user, uses, uses), missing });
      expect(verdict).toEqual({ conflict: null, nearer: [], isUndecided: true });
    }
  });

  test("what is in a conflict is kept, what cannot become a record is not", () => {
    expect(judge({ ...base, using: null })).toEqual({ conflict: null, nearer: [], isUndecided: false });
    expect(judge({ ...base, using: standing(user, usesNot, usesNot) })).toBeNull();
    const contested = judge({ ...base, using: standing(user, usesNot, usesNot), isContested: true });
    expect(contested).toEqual({ conflict: null, nearer: [], isUndecided: false });
    expect(judge({ ...base, using: standing(user, uses, uses), seen: { 9: [1, 2] } })).toBeNull();
    expect(judge({ ...base, using: standing(user, uses, uses), seen: { 2: [9], 9: [1] } })).toBeNull();
  });
});

test("O4.5 equal heads are one, removals wherever to; a move from elsewhere is none of here", () => {
  const removal = naming(3, { type: "nothing", movedTo: null }, 1);
  const away = naming(4, { type: "nothing", movedTo: "Acme.cost" }, 1);
  const judged = (written: string): JudgedName => ({
    view: { shown: removal, isMerged: false, conflict: null, isLinked: true },
    conflict: null,
    mergedText: null,
    replaces: new Map([
      [definition, [removal]],
      [written, written === definition ? [removal, away] : [away]],
    ]),
  });
  const namingsOf = (written: string) => standingOf(definition, judged(written))?.heads[0]?.namings;
  expect(namingsOf(definition)).toEqual([removal.id, away.id]);
  expect(namingsOf("Acme.elsewhere")).toEqual([removal.id]);
});
