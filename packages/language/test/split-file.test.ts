import { describe, expect, test } from "vitest";
import { darklang } from "../src/darklang.ts";
import { printBack, textOf } from "./print-back.ts";

interface Case {
  readonly rule: string;
  readonly text: string;
  /** `location: text` of each definition. */
  readonly found?: readonly string[];
  /** `line: part of the reason` of each problem. */
  readonly problems?: readonly string[];
}

const cases: readonly Case[] = [
  { rule: "D20 an empty file", text: "" },
  { rule: "D20 a file of blank lines and comments", text: "\n  \n// nothing\n(* here *)" },
  {
    rule: "D20 no line break at the end, a byte order mark, CRLF",
    text: "\uFEFFmodule A.B\r\n\r\nlet f (x: Int) =\r\n  x",
    found: ["A.B.f: let f (x: Int) =\r\n  x"],
  },
  {
    rule: "D1 a string runs over lines that look like code",
    text: 'module A.B\nval a =\n  "one \\"\nlet b (x: Int) = x"\nval c = 1\n',
    found: ['A.B.a: val a =\n  "one \\"\nlet b (x: Int) = x"', "A.B.c: val c = 1"],
  },
  {
    rule: "D1 a hole holds a string with a hole",
    text: 'module A.B\nval a = $"{f "}" $"{g "{"}"} {{ \\" "\nval c = 1\n',
    found: ['A.B.a: val a = $"{f "}" $"{g "{"}"} {{ \\" "', "A.B.c: val c = 1"],
  },
  {
    rule: "D1 a triple string has no escapes",
    text: 'module A.B\nval a = """ " \\"""\nval c = 1',
    found: ['A.B.a: val a = """ " \\"""', "A.B.c: val c = 1"],
  },
  {
    rule: "D2 characters, type parameters and primes",
    text: "module A.B\nlet f<'a> (x': List<'a>) = g '(' '\\'' '\"' x'\nval c = 'é'",
    found: ["A.B.f: let f<'a> (x': List<'a>) = g '(' '\\'' '\"' x'", "A.B.c: val c = 'é'"],
  },
  {
    rule: "D3 comments nest",
    text: "module A.B\n(* (* *)\nval no = 1\n*)\nval c = 1",
    found: ["A.B.c: val c = 1"],
  },
  {
    rule: "D5 quotes that a name does not need are no part of it",
    text: "module A.``B``.``C D``\nlet ``mod`` (x: Int) = x\nlet ``a.b`` (x: Int) = x",
    found: ["A.B.``C D``.mod: let ``mod`` (x: Int) = x", "A.B.``C D``.``a.b``: let ``a.b`` (x: Int) = x"],
  },
  {
    rule: "D7 a closing bracket or a bar at the column still belongs to the declaration",
    text: "module A.B\nval a = [\n  1\n]\ntype T =\n| One\n| Two\nval c = 1",
    found: ["A.B.a: val a = [\n  1\n]", "A.B.T: type T =\n| One\n| Two", "A.B.c: val c = 1"],
  },
  {
    rule: "D7 a word that only begins like a keyword begins nothing",
    text: "module A.B\nlettuce = 1\nvalue\n",
    problems: ["2: expected", "3: expected"],
  },
  {
    rule: "D8 a loose comment belongs to a declaration if more of it follows",
    text: "module A.B\nlet f (x: Int) =\n  x\n// between\n\n  |> g\n\n// after\n\nval c = 1",
    found: ["A.B.f: let f (x: Int) =\n  x\n// between\n\n  |> g", "A.B.c: val c = 1"],
  },
  {
    rule: "D8 a comment to the right of the column belongs to the declaration",
    text: "module A.B\nlet f (x: Int) =\n  x\n  // more to come\n\nval c = 1",
    found: ["A.B.f: let f (x: Int) =\n  x\n  // more to come", "A.B.c: val c = 1"],
  },
  {
    rule: "D9 documentation with a comment between",
    text: "module A.B\n\n// section\n/// One\n// note\n/// Two\n// note\nval c = 1",
    found: ["A.B.c: /// One\n// note\n/// Two\n// note\nval c = 1"],
  },
  {
    rule: "D9 a blank line cuts the tie",
    text: "module A.B\n/// About the file\n\n/// About c\nval c = 1",
    found: ["A.B.c: /// About c\nval c = 1"],
  },
  {
    rule: "D9 documentation at another column is none",
    text: "module A =\n/// left\n  /// right\n  val c = 1\n /// left\n  val d = 1",
    found: ["A.c: /// right\nval c = 1", "A.d: val d = 1"],
  },
  {
    rule: "D10 comments without documentation stay in the skeleton",
    text: "module A.B\n// loose\n//// ruler\nval c = 1",
    found: ["A.B.c: val c = 1"],
  },
  {
    rule: "D11 D12 modules nest in the head",
    text: "module A.B\nmodule C =\n  val d = 1\n  module E.F =\n    val g = 1\n  val h = 1\nval i = 1",
    found: ["A.B.C.d: val d = 1", "A.B.C.E.F.g: val g = 1", "A.B.C.h: val h = 1", "A.B.i: val i = 1"],
  },
  {
    rule: "D12 without a head, a module line is a path of its own",
    text: "module A =\n  val b = 1\nmodule C.D =\n  val e = 1",
    found: ["A.b: val b = 1", "C.D.e: val e = 1"],
  },
  {
    rule: "D12 a body may be indented by anything",
    text: "module A =\n     val b = 1\n  val c = 1\n val d = 1",
    found: ["A.b: val b = 1", "A.c: val c = 1", "A.d: val d = 1"],
  },
  {
    rule: "D11 what follows a second head has no module",
    text: "module A.B\nval c = 1\nmodule D.E\nval f = 1\nmodule G =\n  val h = 1",
    found: ["A.B.c: val c = 1"],
    problems: ["3: can only head a file", "4: no module", "6: no module"],
  },
  {
    rule: "D12 a module line that cannot be read",
    text: "module A.B\nmodule =\n  val c = 1\nval d = 1",
    found: ["A.B.d: val d = 1"],
    problems: ["2: cannot read this line", "3: no module"],
  },
  {
    rule: "D13 a second definition of a name",
    text: "module A.B\nlet c (x: Int) = x\ntype D = Int\n/// Again\nval c = 2",
    found: ["A.B.c: let c (x: Int) = x", "A.B.D: type D = Int"],
    problems: ["5: `A.B.c` is defined twice"],
  },
  {
    rule: "D13 a definition without a module",
    text: "val a = 1\nmodule B =\n  val c = 1",
    found: ["B.c: val c = 1"],
    problems: ["1: no module"],
  },
  {
    rule: "D13 a location that is too long",
    text: `module A.B\nval ${"c".repeat(2000)} = 1`,
    problems: ["2: is no location"],
  },
  {
    rule: "D16 an unclosed string takes the rest of the file, what is before it is found",
    text: 'module A.B\nval a = 1\nval b =\n  "oh\nval c = 1\n',
    found: ["A.B.a: val a = 1"],
    problems: ["4: the string that starts here is never closed"],
  },
  {
    rule: "D16 an unclosed comment between definitions",
    text: "module A.B\nval a = 1\n\n(* oh\nval c = 1\n",
    found: ["A.B.a: val a = 1"],
    problems: ["4: the comment that starts here is never closed"],
  },
  {
    rule: "D16 brackets that are not closed",
    text: "module A.B\nval a = (1\nval b = 1]\nval c = {1)\nval d = 1",
    found: ["A.B.d: val d = 1"],
    problems: ["2: `(` is never closed", "3: `]` closes nothing", "4: `)` stands where `}` is missing"],
  },
  {
    rule: "D16 no name, no `=`, nothing behind it",
    text: "module A.B\nlet (a, b) = 1\nval c\ntype D =\n\nlet\n",
    problems: ["2: no name", "3: cannot read", "4: nothing stands after", "6: no name"],
  },
  {
    rule: "D17 a definition loses the spaces before it, its strings do not",
    text: 'module A.B\nmodule C =\n    /// d\n    val d =\n      "\n    as it is\n" ++\n        e\n\n',
    found: ['A.B.C.d: /// d\nval d =\n  "\n    as it is\n" ++\n    e'],
  },
  {
    rule: "D17 tabs below a nested declaration cannot be taken away",
    text: "module A =\n  let f (x: Int) =\n\t\t\tx\n  val c = 1",
    found: ["A.c: val c = 1"],
    problems: ["3: not indented by 2 spaces"],
  },
  {
    rule: "D17 tabs at column 0 can stay",
    text: "module A.B\nlet f (x: Int) =\n\tx\nval c = 1",
    found: ["A.B.f: let f (x: Int) =\n\tx", "A.B.c: val c = 1"],
  },
  {
    rule: "D21 a line that is no declaration owns lines, and is reported once",
    text: "module A.B\nopen C\nmatch x with\n| 1 -> 2\n  let y (x: Int) = 1\nval c = 1",
    found: ["A.B.c: val c = 1"],
    problems: ["2: expected `let`", "3: expected `let`"],
  },
  {
    rule: "D21 a declaration behind a comment on its line",
    text: "module A.B\n(* c *) val c = 1\n(* d\n*) val d = 1\nval e = 1",
    found: ["A.B.e: val e = 1"],
    problems: ["2: expected", "4: expected"],
  },
];

describe("splitFile", () => {
  test.each(cases)("$rule", ({ text, found = [], problems = [] }) => {
    const split = darklang.splitFile(text);
    expect(split.definitions.map((one) => `${one.location}: ${textOf(one)}`)).toEqual(found);
    const reported = split.problems.map((problem) => `${problem.line}: ${problem.reason}`);
    expect(reported).toHaveLength(problems.length);
    for (const [at, problem] of problems.entries()) {
      const [line = "", reason = ""] = problem.split(/: (.*)/);
      expect(reported[at]).toMatch(new RegExp(`^${line}: `));
      expect(reported[at]).toContain(reason);
    }
    expect(printBack(split)).toBe(text);
  });

  test("D14 D18 kinds, and the text around the name", () => {
    const { definitions } = darklang.splitFile(
      "module A.B\nlet f (x: Int) = f x\nlet v = 1\nval w = 1\ntype T = Int\nlet ``mod`` () = 1\nlet rec r x = x",
    );
    expect(
      definitions.map((one) => [one.name, one.text.kind, one.text.head, one.text.tail, one.line]),
    ).toEqual([
      ["f", "fn", "let ", " (x: Int) = f x", 2],
      ["v", "value", "let ", " = 1", 3],
      ["w", "value", "val ", " = 1", 4],
      ["T", "type", "type ", " = Int", 5],
      ["mod", "fn", "let ``", "`` () = 1", 6],
      ["r", "fn", "let rec ", " x = x", 7],
    ]);
  });

  test("D16 a definition of 512 KiB is accepted, one byte more is not", () => {
    const room = 512 * 1024 - 'val a = ""'.length;
    const largest = `val a = "${"é".repeat(room / 2)}"`;
    expect(darklang.splitFile(`module A.B\n${largest}`).definitions).toHaveLength(1);
    const { definitions, problems } = darklang.splitFile(`module A.B\n${largest} `);
    expect(definitions).toEqual([]);
    expect(problems).toEqual([{ line: 2, reason: "a definition may have at most 512 KiB" }]);
  });

  test.each([
    '"',
    "(",
    "(*",
    '$"{',
    "'",
    "`",
    "{",
    "module A =\n ",
    "let ",
    "let f (",
    "/// x\n",
    "``",
    " ",
    "\n",
  ])(
    "D22 half a megabyte of %j takes no unreasonable time",
    (unit) => {
      const text = `module A.B\nmodule C =\n  let f (x: Int) = ${unit.repeat((512 * 1024) / unit.length)}`;
      expect(printBack(darklang.splitFile(text))).toBe(text);
      darklang.parseDefinition(text);
      darklang.references(text);
    },
    5_000,
  );
});
