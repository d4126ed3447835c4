import type { ConflictHead } from "@darksync/core/conflict";
import type { Binding } from "@darksync/core/register";
import { expect, test } from "vitest";
import { applyRule, type Rule, rules } from "../src/conflict/rule.js";
import type { Side } from "../src/conflict/side.js";

const text: Binding = { type: "definition", kind: "fn", hash: "aa".repeat(32), movedFrom: null };
const nothing: Binding = { type: "nothing", movedTo: null };

function side(id: string, value: Binding, facts: Partial<Side> = {}): Side {
  const head: ConflictHead = { id, value, supersedes: [], location: "Acme.a" };
  return { place: "Acme.a", heads: [head], isMine: false, isOwners: false, time: null, ...facts };
}

const at = (wallMs: number, counter = 0) => ({ wallMs, counter });
const mine = side("1", text, { isMine: true, isOwners: true, time: at(1) });
const theirs = side("2", text, { time: at(2) });
const removal = side("3", nothing, { time: at(3) });

/** The heads that a rule keeps, or why it does not say. */
function kept(rule: Rule, kind: Parameters<typeof applyRule>[1]["kind"], ...sides: readonly Side[]): string {
  const verdict = applyRule(rule, { kind, sides });
  switch (verdict.type) {
    case "keep":
      return `keep ${verdict.side.heads[0]?.id}`;
    case "both":
      return `both ${verdict.kept.heads[0]?.id}`;
    case "undecided":
      return verdict.reason;
  }
}

test("R17: each rule keeps the side it says", () => {
  expect(kept("mine", "edit-edit", mine, theirs)).toBe("keep 1");
  expect(kept("theirs", "edit-edit", mine, theirs)).toBe("keep 2");
  expect(kept("newest", "edit-edit", mine, theirs)).toBe("keep 2");
  expect(kept("newest", "edit-edit", side("4", text, { time: at(2, 1) }), theirs)).toBe("keep 4");
  expect(kept("owner", "edit-edit", theirs, mine)).toBe("keep 1");
  expect(kept("keep-edit-over-delete", "edit-delete", removal, theirs)).toBe("keep 2");
  expect(kept("both", "edit-edit", theirs, mine)).toBe("both 1");
  expect(kept("both", "both-created", theirs, side("4", text))).toBe("both 2");
  expect(kept("both", "move-move", theirs, mine)).toBe("both 1");
});

test("R17: a rule without one answer leaves the conflict, and says why", () => {
  expect(kept("mine", "edit-edit", theirs, removal)).toBe("no side is yours");
  expect(kept("theirs", "edit-edit", mine, theirs, removal)).toBe("2 sides are theirs");
  expect(kept("newest", "edit-edit", mine, side("4", text, { time: at(1) }))).toBe(
    "two sides are of the same time",
  );
  expect(kept("newest", "edit-edit", mine, side("4", text))).toBe("the time of a side is not known");
  expect(kept("owner", "edit-edit", theirs, removal)).toBe("no side is of who made the namespace");
  expect(kept("keep-edit-over-delete", "edit-edit", mine, theirs)).toBe("nothing was removed");
  expect(kept("keep-edit-over-delete", "edit-delete", mine, theirs, removal)).toBe("2 sides are an edit");
  expect(kept("both", "edit-delete", mine, removal)).toContain("removed");
});

test("R17: no rule settles a dependency", () => {
  for (const rule of rules) expect(kept(rule, "dependency")).toContain("no sides");
});
