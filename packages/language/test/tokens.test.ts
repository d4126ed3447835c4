import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { darklang } from "../src/darklang.ts";
import { definition, layOut } from "./dark-definition.arbitrary.ts";

describe("D31 tokens", () => {
  test.each([
    [
      "names, signs and white space",
      "let f (x': A.b) =",
      ["let", " ", "f", " ", "(", "x'", ":", " ", "A", ".", "b", ")", " ", "="],
    ],
    ["signs that belong together", "a|>b->c::d", ["a", "|>", "b", "->", "c", "::", "d"]],
    ["numbers with their suffix and point", "1.5 5L 0xFF", ["1.5", " ", "5L", " ", "0xFF"]],
    ["type parameters and characters", "'a 'b' '\\n'", ["'a", " ", "'b'", " ", "'\\n'"]],
    ["quoted names", "``odd ( name`` x", ["``odd ( name``", " ", "x"]],
    [
      "strings, the holes of which are code",
      '$"a {f "b" x} c"',
      ["$", '"a ', "{", "f", " ", '"b"', " ", "x", "}", ' c"'],
    ],
    ["strings line by line", '"a b\n  c d" e', ['"a b', "\n", '  c d"', " ", "e"]],
    [
      "comments, without the white space around them",
      "a  // b c\nd (* e f *) g",
      ["a", "  ", "// b c", "\n", "d", " ", "(* e f *)", " ", "g"],
    ],
    ["comments line by line", "(* a\n  b *)", ["(* a", "\n", "  ", "b *)"]],
    ["line breaks, each by itself", "a \r\n\n\tb", ["a", " ", "\r\n", "\n", "\t", "b"]],
    ["whatever else there is", "é\u{1F600}\uD800\r`", ["é", "\u{1F600}", "\uD800", "\r", "`"]],
  ])("%s", (_, text, pieces) => {
    expect(darklang.tokens(text)).toEqual(pieces);
  });

  test("joined they give the text back, none is empty, and none goes beyond its line", () => {
    const generated = definition.map((one) =>
      layOut(one, 1)
        .lines.map(({ text }) => text)
        .join("\n"),
    );
    const soup = fc
      .array(
        fc.oneof(
          fc.constantFrom('"', "`", "'", "(*", "*)", "//", '$"', "{", "}", "\n", "\r", " "),
          fc.string({ unit: "binary" }),
        ),
      )
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(generated, soup), (text) => {
        const pieces = darklang.tokens(text);
        expect(pieces.join("")).toBe(text);
        expect(pieces).not.toContain("");
        expect(pieces.filter((piece) => piece.includes("\n") && piece.length > 2)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});
