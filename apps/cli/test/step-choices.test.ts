import { describe, expect, test } from "vitest";
import { type StepTools, stepOptions } from "../src/step-choices.js";
import type { StepConflict } from "../src/step-through.js";

type Head = StepConflict["heads"][number];

const tools: StepTools = { editor: "vi", mergeTool: "meld", hasDraft: false };
const mine: Head = {
  author: "Ada",
  time: null,
  source: "let a = 1",
  isMine: true,
  location: "Acme.a",
  moved: null,
};
const theirs: Head = { ...mine, author: "Bob", source: "let a = 2", isMine: false, location: "Acme.b" };

function conflict(kind: string, heads: readonly Head[], base: StepConflict["base"]): StepConflict {
  return { id: "1f", kind, location: "Acme.a", heads, base, dependents: [], earlier: null };
}

const known = { source: "let a = 0" };

/** The lines for a conflict of two sides, with what each comes to. */
function lines(of: StepConflict, using: StepTools = tools): readonly string[] {
  return stepOptions(of, using).map(({ letter, label, action }) => {
    const index = action.type === "head" ? ` ${action.index}` : "";
    return `${letter} ${label} => ${action.type}${index}`;
  });
}

const always = ["s Skip => skip", "q Stop here => stop"];

describe("the list", () => {
  test("of two edits offers each, their merge, and what was before", () => {
    expect(lines(conflict("edit-edit", [theirs, mine], known))).toEqual([
      "m Keep mine => mine",
      "t Take Bob's => theirs",
      "e Edit the merge in vi => edit",
      "g Merge in meld => merge-tool",
      "o Put back the text before both => base",
      ...always,
    ]);
  });

  test("of an edit and a removal says which is which, whoever did it", () => {
    const removed = { ...theirs, source: null };
    expect(lines(conflict("edit-delete", [mine, removed], known)).slice(0, 3)).toEqual([
      "m Keep it, with your edit => mine",
      "t Let it go (Bob removed it) => theirs",
      "e Edit the text in vi => edit",
    ]);
    expect(lines(conflict("edit-delete", [{ ...mine, source: null }, theirs], known)).slice(0, 2)).toEqual([
      "m Let it go (you removed it) => mine",
      "t Keep it, with Bob's edit => theirs",
    ]);
  });

  test("of two definitions in one place offers to keep both", () => {
    for (const kind of ["both-created", "name-taken", "kind-changed"]) {
      expect(lines(conflict(kind, [mine, theirs], null))).toContain(
        "b Keep both: Bob's under a new name => both",
      );
    }
    expect(lines(conflict("edit-edit", [mine, theirs], null)).join()).not.toContain("both");
  });

  test("of two moves offers the places, and no text", () => {
    expect(lines(conflict("move-move", [mine, theirs], known))).toEqual([
      "m Keep it at Acme.a (your move) => mine",
      "t Keep it at Acme.b (Bob's move) => theirs",
      "b Keep all places => both",
      ...always,
    ]);
  });

  test("of a dependency has nothing to take", () => {
    expect(lines(conflict("dependency", [theirs], known))).toEqual([
      "a Accept it as it is => accept",
      ...always,
    ]);
  });

  test("of a dependency offers to edit what uses it, where that is known", () => {
    expect(lines(conflict("dependency", [mine, theirs], known))).toEqual([
      "a Accept it as it is => accept",
      "e Edit Acme.a in vi => edit",
      ...always,
    ]);
  });

  test("of more than two sides, or with none or two of mine, names the authors", () => {
    const time = "2026-11-22T12:00:00Z";
    const removed = { ...theirs, author: "Cid", source: null };
    const also = { ...removed, author: "Dan" };
    const many = lines(conflict("edit-delete", [{ ...theirs, time }, removed, mine, also], known));
    expect(many).toEqual([
      expect.stringMatching(/^1 Keep it, with Bob's edit, 2026-11-2\d \d\d:00 => head 0$/),
      "3 Keep it, with your edit => head 2",
      "d Let it go (Cid and Dan removed it) => delete",
      "e Edit the merge of Bob's and yours in vi => edit",
      "o Put back the text before both => base",
      ...always,
    ]);
    const others = lines(conflict("edit-edit", [theirs, { ...theirs, author: "Cid" }], null));
    const three = lines(conflict("edit-edit", [theirs, mine, { ...theirs, author: "Cid" }], null));
    expect(three.join()).not.toContain("merge-tool");
    expect(three).toContain("e Edit the merge of Bob's and yours in vi => edit");
    expect(others.slice(0, 2)).toEqual(["1 Take Bob's => head 0", "2 Take Cid's => head 1"]);
    const own = lines(conflict("edit-edit", [mine, mine], null));
    expect(own.slice(0, 2)).toEqual(["1 Keep yours => head 0", "2 Keep yours => head 1"]);
  });

  test("begins with a text that could not be taken, and has no merge tool where none is set up", () => {
    const again = lines(conflict("edit-edit", [mine, theirs], null), {
      ...tools,
      mergeTool: null,
      hasDraft: true,
    });
    expect(again).toEqual([
      "e Edit your text again in vi => edit",
      "m Keep mine => mine",
      "t Take Bob's => theirs",
      ...always,
    ]);
  });

  test("has each letter once, and none that moves the cursor", () => {
    const kinds = [
      "edit-edit",
      "edit-delete",
      "both-created",
      "kind-changed",
      "move-move",
      "name-taken",
      "dependency",
    ];
    const crowd = Array.from({ length: 12 }, (_, index) => ({ ...theirs, author: `A${index}` }));
    for (const kind of kinds) {
      for (const heads of [[mine, theirs], crowd]) {
        const letters = stepOptions(conflict(kind, heads, known), tools).flatMap(
          ({ letter }) => letter ?? [],
        );
        expect(new Set(letters).size).toBe(letters.length);
        expect(letters.join("")).not.toMatch(/[hjkl]/);
      }
    }
  });

  test("shows nothing of a name that would drive the terminal", () => {
    const [, line] = lines(conflict("edit-edit", [mine, { ...theirs, author: "B\u001b[2Job\n" }], null));
    expect(line).toBe("t Take B\u{fffd}[2Job\u{fffd}'s => theirs");
  });
});
