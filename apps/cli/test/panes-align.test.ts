import fc from "fast-check";
import { expect, test } from "vitest";
import { alignThree, alignTwo, type Cell, comparePieces, linesOf, type Row } from "../src/panes-align.js";

const line = fc.constantFrom(
  "",
  "a",
  "let x = 1",
  "let x = 2",
  "let y = x + 1",
  "let y = x",
  "  match a with",
  "| _ -> 1",
);
const source = fc.array(line, { minLength: 1, maxLength: 12 }).map((lines) => lines.join("\n"));

/** The text that a column of cells holds. */
function textOf(rows: readonly Row[], column: number): string {
  const cells = rows.map((row): Cell | undefined => row[column]);
  return cells
    .flatMap((cell) => (cell?.type === "line" ? [cell.pieces.map(({ text }) => text).join("")] : []))
    .join("\n");
}

test("every line of every text is there once, in order; rows have the base's lines in theirs", () => {
  fc.assert(
    fc.property(source, source, source, (mine, base, theirs) => {
      const rows = alignThree(mine, base, theirs);
      const texts = [mine, base, theirs].map((text) => linesOf(text).join("\n"));
      expect([0, 1, 2].map((column) => textOf(rows, column))).toEqual(texts);
      const pairs = alignTwo(mine, theirs);
      expect([0, 1].map((column) => textOf(pairs, column))).toEqual([texts[0], texts[2]]);
    }),
  );
});

test("a line is the same as the base's, changed, added or removed, and nothing else", () => {
  fc.assert(
    fc.property(source, source, (mine, base) => {
      for (const [cell, before] of alignThree(mine, base, base)) {
        if (before?.type !== "line") expect(cell).toMatchObject({ type: "line", change: "added" });
        else if (cell?.type === "line") {
          const [own, old] = [cell, before].map(({ pieces }) => pieces.map(({ text }) => text).join(""));
          expect(cell.change).toBe(own === old ? "same" : "changed");
        } else expect(cell).toEqual({ type: "removed" });
      }
    }),
  );
});

test("of several new lines the one that is alike stands beside the old one", () => {
  const rows = alignThree("// A note.\nlet x = f 2\n// Another.", "let x = f 1", "let x = f 1");
  expect(rows.map(([cell]) => (cell?.type === "line" ? cell.change : cell?.type))).toEqual([
    "added",
    "changed",
    "added",
  ]);
});

test("the words that differ are marked, in the order of the lines", () => {
  expect(comparePieces("take 10 percent", "take 20 percent").after).toEqual([
    { text: "take ", isChanged: false },
    { text: "20", isChanged: true },
    { text: " percent", isChanged: false },
  ]);
});
