import { describe, expect, test } from "vitest";
import { darklang } from "../src/darklang.ts";

describe("D26 references", () => {
  test.each([
    [
      "the longest paths, each once",
      "let f (x: Int) : T = Stdlib.List.map x (g 1) (g 2) |> A.B.c",
      "Int T Stdlib.List.map x g A.B.c",
    ],
    [
      "enum cases and types",
      "type T<'a> =\n  | Leaf\n  | Node of child: Tree<'a> * Option.Option<Int>",
      "Leaf Node Tree Option.Option Int",
    ],
    ["not strings, comments or characters", "val a = f \"no\" (* no *) 'c' // no", "f"],
    ["the holes of strings", 'val a = $"no {yes "no" $"{Also.this}"} {{no}}"', "yes Also.this"],
    ["not numbers", "val a = [ 1; 2L; 5uy; 1.5; 0xFF ]", ""],
    ["not fields behind a bracket", "val a = (f x).name.other", "f x"],
    ["fields of a path", "let f (p: P) = p.name", "P p.name"],
    ["not labels", "val a = { name = b; other = c == d }", "b c d"],
    ["not bound names, but their uses", "let f () =\n  let x = 1\n  x", "x"],
    ["quoted names", "val a = List.``member`` ``odd name`` x'", "List.member ``odd name`` x'"],
    ["list patterns", "let f (l: List<Int>) = match l with | x :: rest -> rest", "List Int l x rest"],
    ["recursion", "let f (n: Int) = f (n - 1)", "Int f n"],
  ])("%s", (_, text, names) => {
    expect(darklang.references(text).join(" ")).toBe(names);
  });
});

describe("candidates", () => {
  test("D27 from the module outwards", () => {
    expect(darklang.candidates("helper", "Acme.Shop.Cart")).toEqual([
      "Acme.Shop.Cart.helper",
      "Acme.Shop.helper",
      "Acme.helper",
    ]);
  });

  test("D27 the standard library by its short name", () => {
    expect(darklang.candidates("Stdlib.List.map", "Acme.Shop").slice(0, 4)).toEqual([
      "Acme.Shop.Stdlib.List.map",
      "Acme.Stdlib.List.map",
      "Stdlib.List.map",
      "Darklang.Stdlib.List.map",
    ]);
  });

  test("D27 Option, Result and their cases from everywhere", () => {
    expect(darklang.candidates("Option", "Acme.Shop")).toContain("Darklang.Stdlib.Option.Option");
    expect(darklang.candidates("Some", "Acme.Shop")).toContain("Darklang.Stdlib.Option.Option");
    expect(darklang.candidates("Error", "Acme.Shop")).toContain("Darklang.Stdlib.Result.Result");
  });

  test("D27 builtins are never in the tree", () => {
    expect(darklang.candidates("Builtin.intAdd", "Acme.Shop")).toEqual([]);
  });

  test("D27 a version suffix may be left out", () => {
    expect(darklang.candidates("List.member_v0", "Acme")).toContain("Acme.List.member");
  });

  test("D27 quotes that a name does not need are left out", () => {
    expect(darklang.candidates("Int.``mod``", "Acme")[0]).toBe("Acme.Int.mod");
    expect(darklang.candidates("``odd name``", "Acme")).toEqual(["Acme.``odd name``"]);
  });

  test("D28 the type of an enum case, after the full path", () => {
    expect(darklang.candidates("Stdlib.Option.Option.Some", "Acme")).toEqual([
      "Acme.Stdlib.Option.Option.Some",
      "Stdlib.Option.Option.Some",
      "Darklang.Stdlib.Option.Option.Some",
      "Acme.Stdlib.Option.Option",
      "Stdlib.Option.Option",
      "Darklang.Stdlib.Option.Option",
    ]);
  });

  test("D28 the value whose fields are read", () => {
    expect(darklang.candidates("Config.current.http.port", "Acme")).toContain("Acme.Config.current");
  });
});

test("kinds have the words of the language", () => {
  expect((["fn", "type", "value"] as const).map((kind) => darklang.keywordOf(kind))).toEqual([
    "let",
    "type",
    "val",
  ]);
});
