import { expect, test } from "vitest";
import { pictureOf } from "../src/step-picture.js";
import type { StepConflict } from "../src/step-through.js";

const mine = {
  author: "Ada",
  time: null,
  source: "let a = 1",
  isMine: true,
  location: "Acme.a",
  moved: null,
};
const theirs = { ...mine, author: "Bob", source: "let a = 2", isMine: false, location: "Acme.b" };
const conflict: StepConflict = {
  id: "1f",
  kind: "edit-edit",
  location: "Acme.a",
  heads: [mine, theirs],
  base: { source: "let a = 0" },
  dependents: [],
  earlier: null,
};

function linesOf(changes: Partial<StepConflict>, columns = 80): readonly string[] {
  const picture = pictureOf({ ...conflict, ...changes }, { index: 0, count: 1 }, columns);
  return picture.split("\n").map((line) => line.trimEnd());
}

test("an earlier choice is told", () => {
  expect(linesOf({ earlier: "take Bob's" })).toContain(
    "Chosen before: take Bob's. The sides have changed since.",
  );
});

test("mine is on the left, whichever head comes first", () => {
  expect(linesOf({ heads: [theirs, mine] })).toEqual(linesOf({}));
});

test("of a move to two places the texts are shown only if they differ", () => {
  const moved = { ...theirs, source: mine.source };
  const same = linesOf({ kind: "move-move", heads: [mine, moved] });
  expect(same).toContain("You moved it to Acme.a, Bob to Acme.b.");
  expect(same.join("\n")).not.toContain("let a");
  expect(linesOf({ kind: "move-move" }).join("\n")).toContain("~ let a = 2");
});

test("more than two sides: what each one changed; who removed it has no text", () => {
  const lines = linesOf({
    kind: "edit-delete",
    heads: [mine, theirs, { ...theirs, author: "Cid", source: null }],
  });
  expect(lines).toContain("You and Bob changed it, Cid removed it.");
  expect(lines.filter((line) => line.startsWith("  let a = 0"))).toEqual([
    expect.stringContaining("│~ let a = 1"),
    expect.stringContaining("│~ let a = 2"),
  ]);
});

test("more than two sides that have no base: each beside the first", () => {
  const lines = linesOf({
    kind: "both-created",
    base: null,
    heads: [mine, theirs, { ...theirs, author: "Cid" }],
  });
  expect(lines.filter((line) => line.startsWith("~ let a = 1"))).toHaveLength(2);
});

test("a dependency: what was done to it, and what uses it", () => {
  const dependents = ["Acme.one", "Acme.two"];
  const lines = linesOf({ kind: "dependency", heads: [theirs], dependents });
  expect(lines).toContain("Bob changed what others use.");
  expect(lines).toContain("Used by: Acme.one, Acme.two");
  expect(lines.join("\n")).toMatch(/ {2}let a = 0 +│~ let a = 2/);
  const removed = linesOf({ kind: "dependency", heads: [{ ...theirs, source: null }], dependents });
  expect(removed).toContain("Bob removed what others use.");
  expect(removed.join("\n")).toContain("(removed)");
});

test("a dependency that was changed under a new use: the change, then the use, which is no version of it", () => {
  const [changer, user] = [theirs, { ...mine, source: "let use = b" }];
  const kind = { kind: "dependency", location: "Acme.a" };
  const lines = linesOf({ ...kind, heads: [user, changer] });
  expect(lines).toContain("Bob changed Acme.b, which Acme.a (by you) uses.");
  expect(lines.join("\n")).toMatch(/ {2}let a = 0 +│~ let a = 2/);
  expect(lines.slice(-3)).toEqual([expect.stringContaining("── Mine: Ada ──"), "  let use = b", ""]);
  const unknownBefore = linesOf({ ...kind, heads: [user, changer], base: null });
  expect(unknownBefore).toEqual(expect.arrayContaining(["  let a = 2", "  let use = b"]));
  expect(linesOf({ ...kind, heads: [user, { ...changer, source: null }] })).toContain(
    "Bob removed Acme.b, which Acme.a (by you) uses.",
  );
});

test("of a place taken twice it is told from where each definition came", () => {
  const bobs = { ...theirs, location: "Acme.a", moved: { from: "Acme.b", author: "Bob", isMine: false } };
  const words = (...heads: StepConflict["heads"]) => linesOf({ kind: "name-taken", heads });
  expect(words(bobs, mine)).toContain("You made one here, Bob moved Acme.b here.");
  const followed = { ...mine, moved: bobs.moved };
  expect(words(followed, { ...theirs, author: "Cid" })).toContain(
    "Bob moved Acme.b here (changed by you), Cid made one here.",
  );
});

test("who only moved what another one removed did not change it", () => {
  const removed = { ...theirs, source: null };
  const [moved, changed] = [{ ...mine, source: "let a = 0" }, mine];
  const words = (head: typeof mine) => linesOf({ kind: "edit-delete", heads: [head, removed] });
  expect(words(moved)).toContain("You moved it to Acme.a, Bob removed it.");
  expect(words(changed)).toContain("You changed it, Bob removed it.");
});

test("nothing is wider than the terminal, nor drives it", () => {
  const dependents = Array.from({ length: 9 }, (_, index) => `Acme.Some.Long.Module.name${index}`);
  const author = "A\u001b[2Jda".repeat(20);
  const lines = linesOf(
    { kind: "dependency", heads: [{ ...theirs, author }], dependents, location: "A".repeat(99) },
    40,
  );
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
  expect(lines.join("")).not.toContain("\u001b");
});
