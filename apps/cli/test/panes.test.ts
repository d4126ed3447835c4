import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import stringWidth from "fast-string-width";
import { afterEach, expect, test, vi } from "vitest";
import { changePanes, panes } from "../src/panes.js";

afterEach(() => vi.unstubAllEnvs());

const base = ["let price =", "  let all = 100", "  let rest = all - left", "  rest + tax"].join("\n");

function threePanes(mine: string | null, theirs: string | null, columns: number, before = base): string {
  const sides = {
    mine: { title: "Mine: Ada", source: mine },
    theirs: { title: "Theirs: Bob", source: theirs },
  };
  return panes({ ...sides, base: { title: "Before", source: before } }, columns);
}

function rowsOf(drawn: string): readonly (readonly string[])[] {
  return drawn.split("\n").map((line) => line.split("│").map((cell) => cell.trimEnd()));
}

test("what each side did stands beside the line of the base it was done to, with a sign", () => {
  const mine = base.replace("100", "1000").replace("\n  rest + tax", "");
  const theirs = base.replace("price =", "price =\n  // By Bob.");
  expect(rowsOf(threePanes(mine, theirs, 98))).toEqual([
    ["  Mine: Ada", "  Before", "  Theirs: Bob"],
    [`${"─".repeat(32)}┼${"─".repeat(32)}┼${"─".repeat(32)}`],
    ["  let price =", "  let price =", "  let price ="],
    ["", "", "+   // By Bob."],
    ["~   let all = 1000", "    let all = 100", "    let all = 100"],
    ["    let rest = all - left", "    let rest = all - left", "    let rest = all - left"],
    ["-", "    rest + tax", "    rest + tax"],
  ]);
});

test("lines that both put in at one place stand side by side, the same ones in one row", () => {
  const mine = base.replace("price =", "price =\n  // Both.\n  // Ada alone.");
  const theirs = base.replace("price =", "price =\n  // Both.");
  expect(rowsOf(threePanes(mine, theirs, 98)).slice(3, 5)).toEqual([
    ["+   // Both.", "", "+   // Both."],
    ["+   // Ada alone.", "", ""],
  ]);
  const [ada, bob] = ["  open Ada", "  // By Bob."].map((line) =>
    base.replace("price =", `price =\n${line}`),
  );
  expect(rowsOf(threePanes(ada ?? "", bob ?? "", 98))[3]).toEqual(["+   open Ada", "", "+   // By Bob."]);
});

test("a removed text is said to be, and does not hide what the other side did", () => {
  const rows = rowsOf(threePanes(base.replace("100", "7"), null, 98));
  expect(rows[2]).toEqual(["", "", "  (removed)"]);
  expect(rows[4]).toEqual(["~   let all = 7", "    let all = 100", ""]);
});

test("the words that were changed have a colour, in the base too", () => {
  vi.stubEnv("NO_COLOR", undefined);
  vi.stubEnv("FORCE_COLOR", "1");
  const drawn = threePanes(base.replace("all - left", "every - left"), base.replace("100", "99"), 98);
  const esc = "\u001b";
  expect(drawn).toContain(`${esc}[1m${esc}[32mevery${esc}[39m${esc}[22m`);
  expect(drawn).toContain(`${esc}[31mall${esc}[39m`);
  expect(drawn).toContain(`${esc}[31m100${esc}[39m`);
  expect(drawn).not.toContain(`${esc}[32mrest`);
});

test("long unchanged stretches are left out, short ones stay", () => {
  const long = Array.from({ length: 20 }, (_, index) => `  line ${index}`);
  const changed = long.with(3, "  line three").with(9, "  line nine");
  const rows = rowsOf(threePanes(changed.join("\n"), long.join("\n"), 98, long.join("\n")));
  expect(rows.slice(2).map(([cell]) => cell)).toEqual([
    "    line 0",
    "    line 1",
    "    line 2",
    "~   line three",
    "    line 4",
    "    line 5",
    "    line 6",
    "    line 7",
    "    line 8",
    "~   line nine",
    "    line 10",
    "    line 11",
    "  ⋯ 8 lines",
  ]);
});

test("two texts without a base: what only one has, and what differs", () => {
  const sides = {
    mine: { title: "Mine", source: "val a = 1\nval b" },
    theirs: { title: "Theirs", source: "val a = 2" },
  };
  expect(rowsOf(panes({ base: null, ...sides }, 80)).slice(2)).toEqual([
    ["~ val a = 1", "~ val a = 2"],
    ["+ val b", ""],
  ]);
});

test("what became of one text: the base has no signs", () => {
  const after = { title: "Bob", source: base.replace("100", "99").replace("\n  rest + tax", "") };
  expect(rowsOf(changePanes({ title: "Before", source: base }, after, 80)).slice(3)).toEqual([
    ["    let all = 100", "~   let all = 99"],
    ["    let rest = all - left", "    let rest = all - left"],
    ["    rest + tax", "-"],
  ]);
});

test("on a narrow terminal the changes stand one below the other", () => {
  const drawn = threePanes(base.replace("100", "99"), null, 40);
  expect(drawn.split("\n")).toEqual([
    "  Compared with: Before",
    "── Mine: Ada ───────────────────────────",
    "  let price =",
    "-   let all = 100",
    "+   let all = 99",
    "    let rest = all - left",
    "    rest + tax",
    "── Theirs: Bob ─────────────────────────",
    "  (removed)",
  ]);
});

test("texts of several screens stand one below the other, however wide the terminal", () => {
  const long = Array.from({ length: 80 }, (_, index) => `  row ${index} ${"x".repeat(index)}`).join("\n");
  const other = long.replaceAll("row", "line");
  const lines = threePanes(other, long, 100, long).split("\n");
  expect(lines[1]).toContain("── Mine: Ada ─");
  // Each of the 80 lines twice, as it was and as it is; the last ones take two rows.
  const end = lines.findIndex((line) => line.includes("Theirs: Bob"));
  expect(lines.slice(0, end)).toHaveLength(123);
  expect(lines[end - 1]).toBe("  ⋯ 40 rows more");
  expect(lines[end + 1]).toBe("  (the same text)");
});

test("a line that goes on in a second row keeps its indent there, and only its first row has the sign", () => {
  const long = "    call (first argument) (second argument) (third argument)";
  expect(rowsOf(threePanes(`${base}\n${long}`, base, 80)).slice(-4)).toEqual([
    ["+     call (first", "", ""],
    ["      ↳ argument) (second", "", ""],
    ["      ↳ argument) (third", "", ""],
    ["      ↳ argument)", "", ""],
  ]);
});

test("a text that goes on in a second row ends its first with its last word", () => {
  const side = { title: "one two three four", source: null };
  expect(panes({ base: null, mine: side, theirs: side }, 20).split("\n").slice(0, 2)).toEqual([
    "── one two three ───",
    "   four",
  ]);
});

test("a name longer than a row goes on after a point", () => {
  const rows = rowsOf(threePanes(`${base}\n  Stdlib.Result.Result.mapErrorWithContext`, base, 80));
  expect(rows.slice(-2).map(([cell]) => cell)).toEqual([
    "+   Stdlib.Result.Result.",
    "    ↳ mapErrorWithContext",
  ]);
});

test("what would drive a terminal or hide in a text is shown", () => {
  const drawn = threePanes(
    `${base}\n  "\u001b[2J\u0007\u202e\u200b\u009b\u007f"`,
    `${base}\n\t"👨‍👩‍👧"`,
    120,
  );
  expect(drawn).toContain('"␛[2J␇<U+202E><U+200B><U+009B>␡"');
  expect(drawn).toContain('+     "👨‍👩‍👧"');
});

test("where only white space was changed, it is seen", () => {
  const drawn = rowsOf(threePanes(base.replace("  rest +", "      rest +"), base, 98));
  expect(drawn.at(-1)?.[0]).toContain("·");
});

const source = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "let ",
        " ",
        "  ",
        "\n",
        "\t",
        "Stdlib.Int.divide",
        "(",
        "世界",
        "👨‍👩‍👧",
        "🇩🇪",
        "é",
        "\u0301",
        "한",
      ),
      fc.string({ unit: "grapheme", maxLength: 30 }),
      fc.string({ unit: "binary", maxLength: 4 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));

test("no line is wider than the terminal, whatever the texts", () => {
  const maybe = fc.option(source, { nil: null });
  fc.assert(
    fc.property(
      source,
      maybe,
      maybe,
      source,
      fc.integer({ min: 20, max: 200 }),
      (mine, theirs, before, title, columns) => {
        const sides = { mine: { title, source: mine }, theirs: { title, source: theirs } };
        const drawn = panes({ ...sides, base: before === null ? null : { title, source: before } }, columns);
        for (const line of drawn.split("\n")) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
        expect(stripVTControlCharacters(drawn).replaceAll("\n", "")).not.toMatch(/[\p{Cc}]/u);
      },
    ),
    { numRuns: 500 },
  );
});
