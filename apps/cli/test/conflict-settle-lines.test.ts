import { expect, test } from "vitest";
import { settleLines } from "../src/conflict-settle-lines.js";
import type { HeadView } from "../src/conflict-view.js";

const id = "1f".repeat(32);
const mine: HeadView = {
  hash: "aa".repeat(32),
  source: "let a = 1L",
  author: "Ada",
  time: null,
  location: "Acme.a",
  change: "bb".repeat(32),
  mine: true,
  moved: null,
};
const theirs: HeadView = { ...mine, hash: "cc".repeat(32), author: "Bob", mine: false };
const removed: HeadView = { ...theirs, hash: null, source: null };
const base = { hash: "dd".repeat(32), source: "let a = 0L" };

/** The line for a conflict at `Acme.a`, without the command before the choices. */
function choices(kind: string, heads: readonly HeadView[], before: typeof base | null = base): string {
  const lines = settleLines({ id, kind, location: "Acme.a", heads, base: before }, 200);
  return lines.join("\n").replace("Settle it: darklang conflicts resolve 1f1f1f1f1f1f ", "");
}

test("every choice that fits the kind is named, and no other", () => {
  const sides = [mine, theirs];
  const kinds = {
    "edit-edit": "--mine | --theirs\n  or with --base | --delete | --file F | --tool | --head HASH",
    "kind-changed": "--mine | --theirs\n  or with --both | --base | --delete | --file F | --head HASH",
    "name-taken": "--mine | --theirs\n  or with --both | --base | --delete | --file F | --head HASH",
    "move-move": "--mine | --theirs\n  or with --both | --base | --delete | --head HASH",
    dependency: "--accept | --file F, or: darklang edit Acme.a",
  };
  for (const [kind, words] of Object.entries(kinds)) expect(choices(kind, sides), kind).toBe(words);
  expect(choices("both-created", sides, null)).toBe(
    "--mine | --theirs\n  or with --both | --delete | --file F | --tool | --head HASH",
  );
  expect(choices("edit-delete", [mine, removed])).toBe(
    "--mine | --theirs\n  or with --base | --delete | --file F | --head HASH",
  );
  expect(choices("name-taken", [mine, removed])).not.toContain("--both");
});

test("sides are named by their hashes where mine and theirs do not tell, within the columns", () => {
  const other = { ...removed, author: "Cid" };
  expect(choices("edit-delete", [mine, theirs, other]).split("\n")).toEqual([
    "--base | --delete | --file F, or with a side:",
    "  --head aaaaaaaaaaaa  (Ada)",
    "  --head cccccccccccc  (Bob)",
    "  --head deleted  (Cid)",
  ]);
  const narrow = settleLines({ id, kind: "edit-edit", location: "Acme.a", heads: [mine, theirs], base }, 40);
  expect(narrow.length).toBeGreaterThan(2);
  for (const line of narrow) expect(line.length).toBeLessThanOrEqual(40);
});
