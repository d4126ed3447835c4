import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { darklang } from "../src/darklang.ts";
import { darkFile } from "./dark-file.arbitrary.ts";

function same(left: string, right: string): boolean {
  const [one, other] = [left, right].map((text) => {
    const parsed = darklang.parseDefinition(text);
    if ("reason" in parsed) throw new Error(parsed.reason);
    return parsed;
  });
  if (one === undefined || other === undefined) throw new Error("two texts");
  const isSame = darklang.sameInterface(one.name, one.text, other.text);
  expect(darklang.sameInterface(one.name, other.text, one.text)).toBe(isSame);
  return isSame;
}

describe("D29 interfaces", () => {
  test.each([
    ["another body", "let f (a: Int) : Int = a", "let f (a: Int) : Int = a + g a", true],
    ["another body below", "let f (a: Int) : Int =\n  a", "let f (a: Int) : Int =\n  b", true],
    ["documentation", "let f (a: Int) = a", "/// Doc\nlet f (a: Int) = a", true],
    ["white space in the signature", "let f (a: Int) : Int = a", "let f\n  (a:  Int)\n  : Int =\n  a", true],
    ["a comment in the signature", "let f (a: Int) = a", "let f (a: Int) (* = *) = a", true],
    [
      "a comment that opens before the end",
      "let f (a: Int) (* = *) : B = 1",
      "let f (a: Int) (* = *) : C = 1",
      false,
    ],
    ["the name of a parameter", "let f (a: Int) = 1", "let f (b: Int) = 1", false],
    ["the type of a parameter", "let f (a: Int) = 1", "let f (a: Bool) = 1", false],
    ["one more parameter", "let f (a: Int) = 1", "let f (a: Int) (b: Int) = 1", false],
    ["the result", "let f (a: Int) : Int = 1", "let f (a: Int) : Bool = 1", false],
    ["another kind", "let f (a: Int) = 1", "let f = 1", false],
    ["another value", "val f = 1", "val f = 2", true],
    ["a quoted name", "let ``odd name`` (a: Int) = 1", "let ``odd name`` (a: Bool) = 1", false],
    ["comments of a type", "type T =\n  | A // one\n  | B", "type T = | A | B (* two *)", true],
    ["white space of a type", "type T = { a: Int }", "type T =\n  { a : Int }", true],
    ["a field of a type", "type T = { a: Int }", "type T = { b: Int }", false],
    ["a case of a type", "type T = | A | B", "type T = | A | B | C", false],
    ["words of a type run together", "type T = | A of B", "type T = | AofB", false],
  ])("%s", (_, left, right, expected) => {
    expect(same(left, right)).toBe(expected);
  });

  test("are those of the parsed signatures, whatever stands after them", () => {
    fc.assert(
      fc.property(darkFile, darkFile, (one, other) => {
        const all = [one, other].flatMap(({ text }) => darklang.splitFile(text).definitions);
        for (const left of all) {
          for (const right of all) {
            const isSame = darklang.sameInterface(left.name, left.text, right.text);
            if (left.text.kind === "type" || right.text.kind === "type") continue;
            const isExpected =
              left.text.kind === right.text.kind &&
              JSON.stringify(left.signature) === JSON.stringify(right.signature);
            expect(isSame).toBe(isExpected);
          }
        }
      }),
    );
  });
});

describe("D30 the filter for mentions", () => {
  const mentions = (location: string, text: string) => darklang.mentionFilter([location])(text);

  test.each([
    ["Acme.f", "val a = f 1", true],
    ["Acme.f", "val a = (M.f, 2)", true],
    ["Acme.f", "val a = f_v12 1", true],
    ["Acme.f", "val a = ff 1 + g'", false],
    ["Acme.f", "val a = off 1", false],
    ["Acme.``odd name``", "val a = ``odd name`` 1", true],
    ["Acme.``+``", "val a = ``+`` 1", true],
    ["Darklang.Stdlib.Option.Option", "val a = Some 1", true],
    ["Acme.Option", "val a = Some 1", false],
  ])("%s in %s: %s", (location, text, expected) => {
    expect(mentions(location, text)).toBe(expected);
  });

  test("says yes of all that a reference may mean", () => {
    fc.assert(
      fc.property(darkFile, ({ text }) => {
        const locations = darklang.references(text).flatMap((name) => darklang.candidates(name, "Acme.Shop"));
        for (const location of locations)
          expect([location, mentions(location, text)]).toEqual([location, true]);
      }),
    );
  });

  test("looks for any number of locations", () => {
    const locations = Array.from({ length: 5000 }, (_, number) => `Acme.name${number}`);
    const filter = darklang.mentionFilter(locations);
    expect(filter("val a = name4999 1")).toBe(true);
    expect(filter("val a = name5000 1")).toBe(false);
    expect(darklang.mentionFilter([])("val a = f 1")).toBe(false);
  });
});
