import { expect, test } from "vitest";
import { panes } from "../src/panes.js";
import { comparePieces } from "../src/panes-align.js";
import { cutPieces } from "../src/panes-cut.js";

const words = Array.from({ length: 2500 }, (_, index) => `w${index}`);

function textOf(line: string): string {
  return cutPieces([{ text: line, isChanged: false }])
    .map(({ text }) => text)
    .join("");
}

test("of a very long line the surroundings of its changes are shown, and how much was left out", () => {
  const changed = words.with(1200, "CHANGED").join(" ");
  const { after } = comparePieces(words.join(" "), changed);
  const cut = cutPieces(after);
  const text = cut.map((piece) => piece.text).join("");
  expect(text).toMatch(/^ ⋯ \d+ letters ⋯ .*w1199 CHANGED w1201 .* ⋯ \d+ letters ⋯ $/);
  expect(text.length).toBeLessThan(300);
  expect(cut.filter(({ isChanged }) => isChanged)).toEqual([{ text: "CHANGED", isChanged: true }]);
  const left = [...text.matchAll(/ ⋯ (\d+) letters ⋯ /g)];
  const shown = text.replace(/ ⋯ \d+ letters ⋯ /g, "").length;
  expect(left.reduce((sum, [, count]) => sum + Number(count), shown)).toBe(changed.length);
});

test("a long line that is new as a whole shows its ends, one that was changed all over its first changes", () => {
  const long = words.join(" ");
  expect(textOf(long)).toMatch(/^w0 w1 .* ⋯ \d+ letters ⋯ .*w2499$/s);
  const everywhere = words.map((word, index) => (index % 20 === 0 ? `${word}x` : word)).join(" ");
  const cut = cutPieces(comparePieces(long, everywhere).after);
  expect(cut.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(1500);
  expect(cut.at(-1)?.text).toMatch(/letters/);
});

test("other lines stay as they are, and no letter is cut in two", () => {
  expect(textOf("a".repeat(800))).toBe("a".repeat(800));
  expect(textOf("😀".repeat(2000)).isWellFormed()).toBe(true);
});

test("the texts of a conflict with a line of 15 kB fit on a screen", () => {
  const [base, mine, theirs] = [words, words.with(7, "ada"), words.with(2000, "bob")].map((line) =>
    line.join(" "),
  );
  const side = (title: string, source = "") => ({ title, source });
  for (const columns of [50, 100]) {
    const sides = { base: side("Before", base), mine: side("Mine", mine), theirs: side("Theirs", theirs) };
    const lines = panes(sides, columns).split("\n");
    expect(lines.length).toBeLessThan(40);
    expect(lines.join("\n")).toContain("ada");
    expect(lines.join("\n")).toContain("bob");
  }
});
