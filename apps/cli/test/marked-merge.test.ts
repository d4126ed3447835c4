import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasMarkers, markedMerge } from "../src/marked-merge.js";

const labels = { mine: "Ada", base: "before both", theirs: "Bob" };

test("what one side changed is taken, and where both did the markers have all three", () => {
  const base = "a\nb\nc\nd";
  const merged = markedMerge({ base, mine: "A\nb\nc\nd1", theirs: "a\nb\nc\nd2" }, labels);
  expect(merged).toBe("A\nb\nc\n<<<<<<< Ada\nd1\n||||||| before both\nd\n=======\nd2\n>>>>>>> Bob\n");
});

test("without a base, what is not in both is marked", () => {
  const merged = markedMerge({ base: null, mine: "a\nb\nc", theirs: "a\nx\nc\nd" }, labels);
  expect(merged).toBe(
    "a\n<<<<<<< Ada\nb\n=======\nx\n>>>>>>> Bob\nc\n<<<<<<< Ada\n=======\nd\n>>>>>>> Bob\n",
  );
});

test("where one side removed it, the other's text", () => {
  expect(markedMerge({ base: "a", mine: null, theirs: "b" }, labels)).toBe("b\n");
  expect(markedMerge({ base: "a", mine: "c\n\n", theirs: null }, labels)).toBe("c\n");
});

const source = fc
  .array(fc.constantFrom("a", "b", "c", "", "d e"), { maxLength: 10 })
  .map((lines) => `.${lines.join("\n")}.`);

/** A merged text with one side taken wherever it has markers. */
function taking(side: "mine" | "theirs", merged: string): string {
  let part = "all";
  const kept: string[] = [];
  for (const line of merged.split("\n")) {
    if (line.startsWith("<<<<<<< ")) part = "mine";
    else if (line.startsWith("||||||| ")) part = "base";
    else if (line === "=======") part = "theirs";
    else if (line.startsWith(">>>>>>> ")) part = "all";
    else if (part === "all" || part === side) kept.push(line);
  }
  return kept.join("\n");
}

describe("a merge", () => {
  test("with a side that changed nothing is the other one", () => {
    fc.assert(
      fc.property(source, source, (base, other) => {
        expect(markedMerge({ base, mine: other, theirs: base }, labels)).toBe(`${other}\n`);
        expect(markedMerge({ base, mine: base, theirs: other }, labels)).toBe(`${other}\n`);
        expect(markedMerge({ base, mine: other, theirs: other }, labels)).toBe(`${other}\n`);
      }),
    );
  });

  test("without a base holds both sides whole", () => {
    fc.assert(
      fc.property(source, source, (mine, theirs) => {
        const merged = markedMerge({ base: null, mine, theirs }, labels);
        expect(taking("mine", merged)).toBe(`${mine}\n`);
        expect(taking("theirs", merged)).toBe(`${theirs}\n`);
      }),
    );
  });
});

test("a line that looks like a marker and is in one of the texts is none", () => {
  const texts = { base: null, mine: 'val line = "\n=======\n"', theirs: "val line = 1" };
  expect(hasMarkers('val line = "\n=======\n"', texts)).toBe(false);
  expect(hasMarkers("a\n>>>>>>> Bob\n", texts)).toBe(true);
  expect(hasMarkers("a\n||||||| before both\n", texts)).toBe(true);
  expect(hasMarkers("a\n=======\r\nb", { ...texts, mine: "" })).toBe(true);
  expect(hasMarkers("a\n========\nb <<<<<<< c", texts)).toBe(false);
});
