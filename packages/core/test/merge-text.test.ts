import { describe, expect, test } from "vitest";
import { darklang } from "../../language/src/darklang.ts";
import { type DefinitionText, renderDefinition } from "../src/definition.js";
import { mergeTexts } from "../src/merge-text.js";

function definition(source: string): DefinitionText {
  const parsed = darklang.parseDefinition(source);
  if ("reason" in parsed) throw new Error(`${parsed.reason}: ${source}`);
  return parsed.text;
}

/** Merges definitions named `f`, both ways round. */
function merge(base: string, left: string, right: string): string | null {
  const texts = [base, left, right].map(definition) as [DefinitionText, DefinitionText, DefinitionText];
  const merged = mergeTexts(darklang, "f", ...texts);
  expect(mergeTexts(darklang, "f", texts[0], texts[2], texts[1])).toEqual(merged);
  return merged && renderDefinition(merged, "f");
}

describe("lines", () => {
  test("edits of different lines are both kept", () => {
    expect(
      merge(
        "let f (a: Int) =\n  g a\n  h a\n  i a",
        "let f (a: Int) =\n  g b\n  h a\n  i a",
        "let f (a: Int) =\n  g a\n  h a\n  i c",
      ),
    ).toBe("let f (a: Int) =\n  g b\n  h a\n  i c");
  });
});
describe("tokens", () => {
  test("edits of one line that do not touch are both kept", () => {
    expect(
      merge("let f (a: Int) = g a (h 1)", "let f (b: Int) = g a (h 1)", "let f (a: Int) = g a (h 2)"),
    ).toBe("let f (b: Int) = g a (h 2)");
  });
  test("edits that touch are a conflict", () => {
    expect(merge("let f (a: Int) = g a", "let f (a: Int) = g b", "let f (a: Int) = g c")).toBeNull();
  });
});
