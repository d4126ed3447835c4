import type { Signature } from "@darksync/core/language";
import { describe, expect, test } from "vitest";
import { darklang } from "../src/darklang.ts";

function signatureOf(text: string): Signature {
  const parsed = darklang.parseDefinition(text);
  if ("reason" in parsed) throw new Error(parsed.reason);
  return parsed.signature;
}

describe("D15 signatures", () => {
  test("on one line", () => {
    expect(signatureOf("let add (a: Int64) (b: Int64) : Int64 = a + b")).toEqual({
      parameters: [
        { name: "a", type: "Int64" },
        { name: "b", type: "Int64" },
      ],
      result: "Int64",
    });
  });

  test("over many lines, with comments, is the same as on one", () => {
    const long = `let parse<'a, 'err>
  (json: String) // = not this
  (then:
    (String -> 'a)
    * List< 'err >)
  (* nor = this *)
  : Stdlib.Result.Result<'a,
      Stdlib.List.List<'err>> =
  1`;
    const short =
      "let parse<'a,'err> (json: String) (then: (String -> 'a) * List<'err>) : Stdlib.Result.Result<'a, Stdlib.List.List<'err>> = 1";
    expect(signatureOf(long)).toEqual(signatureOf(short));
    expect(signatureOf(long)).toEqual({
      parameters: [
        { name: "'a", type: null },
        { name: "'err", type: null },
        { name: "json", type: "String" },
        { name: "then", type: "(String -> 'a) * List<'err>" },
      ],
      result: "Stdlib.Result.Result<'a, Stdlib.List.List<'err>>",
    });
  });

  test("unit, bare and pattern parameters", () => {
    expect(signatureOf("let f () x ((a, b): Int * Int) (c, d) = 1").parameters).toEqual([
      { name: "()", type: null },
      { name: "x", type: null },
      { name: "(a, b)", type: "Int * Int" },
      { name: "(c, d)", type: null },
    ]);
  });

  test("a body that compares does not end it early or late", () => {
    expect(signatureOf("let f (x: Int): Bool = x == 1 && y >= 2")).toEqual({
      parameters: [{ name: "x", type: "Int" }],
      result: "Bool",
    });
  });

  test("types have type parameters only, values a result only", () => {
    expect(signatureOf("type Tree<'a> =\n  | Leaf\n  | Node of 'a * Tree<'a>")).toEqual({
      parameters: [{ name: "'a", type: null }],
      result: null,
    });
    expect(signatureOf("type T = { a: Int }")).toEqual({ parameters: [], result: null });
    expect(signatureOf("val v : List<Int> = []")).toEqual({ parameters: [], result: "List<Int>" });
    expect(signatureOf("val v = []")).toEqual({ parameters: [], result: null });
  });
});

describe("D9 documentation", () => {
  test("without slashes, one space less, comments between left out", () => {
    const text = "/// One\n///\n// note\n///   Three\r\nval a = 1";
    expect(darklang.parseDefinition(text)).toMatchObject({ name: "a", doc: "One\n\n  Three" });
  });
});

describe("D19 parseDefinition", () => {
  test("leaves blank lines around the definition out", () => {
    expect(darklang.parseDefinition("\uFEFF\n  \n/// a\nval a =\n  1  \n\n \n")).toMatchObject({
      text: { kind: "value", head: "/// a\nval ", tail: " =\n  1  " },
    });
  });

  test.each([
    ["nothing", "", 1, "there is no definition here"],
    ["only a comment", "\n// hm\n", 1, "there is no definition here"],
    ["an expression", "\n1 + 1", 2, "begins with `let`, `val` or `type`"],
    ["an indented definition", "\n  val a = 1", 2, "at the start of its line"],
    ["a module line", "module A.B\nval a = 1", 1, "no `module` line"],
    ["two definitions", "val a = 1\n\nval b = 2", 3, "a second definition begins here"],
    ["a definition and more", "val a = 1\n1 + 1", 2, "no part of the definition above"],
    ["a module behind it", "val a = 1\nmodule B =", 2, "no part of the definition above"],
    ["a comment before it", "// c\nval a = 1", 1, "begin its lines with `///`"],
    ["documentation too far up", "/// c\n\nval a = 1", 1, "leave no blank line after it"],
    ["a comment after it", "val a = 1\n\n// c", 3, "indent it"],
    ["an open string", 'val a =\n  "x\n\n', 2, "the string that starts here is never closed"],
    ["an open hole", 'val a =\n  $"x {y\n\n', 2, "the string that starts here is never closed"],
    ["an open comment", "val a = 1\n(* (* *)", 2, "the comment that starts here is never closed"],
    ["an open bracket", "val a =\n  [ (1) \n", 2, "`[` is never closed"],
    ["a bracket in a hole", 'val a =\n  1\n  $"{ (1 }"', 3, "`}` stands where `)` is missing"],
    ["a type without a body", "type T", 1, "cannot read"],
    ["something odd before the `=`", "let f 1 = 2", 1, "cannot read"],
  ])("refuses %s", (_, text, line, reason) => {
    expect(darklang.parseDefinition(text)).toEqual({ line, reason: expect.stringContaining(reason) });
  });

  test("D16 brackets in strings, comments, characters and quoted names do not count", () => {
    const text = 'let ``f (`` (x: Int) =\n  g "(" \'(\' // (\n  (* ( *) $"( {h 1}" ``]``';
    expect(darklang.parseDefinition(text)).toMatchObject({ name: "``f (``" });
  });
});
