import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { darklang } from "../../language/src/darklang.ts";
import { type DefinitionText, renderDefinition } from "../src/definition.js";
import { mergeTexts } from "../src/merge-text.js";
import { seededNumbers, sha256 } from "./support/ports.js";

const name = "f";

function definition(source: string): DefinitionText {
  const parsed = darklang.parseDefinition(source);
  if ("reason" in parsed) throw new Error(`${parsed.reason}: ${source}`);
  return parsed.text;
}

/** Merges definitions named `f` both ways round; the text, or null for a conflict. */
function merge(base: string, left: string, right: string): string | null {
  const [before, one, other] = [definition(base), definition(left), definition(right)];
  const merged = mergeTexts(darklang, name, before, one, other);
  expect(mergeTexts(darklang, name, before, other, one)).toEqual(merged);
  return merged && renderDefinition(merged, name);
}

/** The lines of a function, the first its head. */
function fn(...lines: readonly string[]): string {
  return ["let f (a: Int) : Int =", ...lines.map((line) => `  ${line}`)].join("\n");
}

describe("M1 what needs no merge", () => {
  const [base, other] = [fn("g a"), fn("h a")];

  test("a side that is the base gives the other, equal sides themselves", () => {
    expect(merge(base, base, other)).toBe(other);
    expect(merge(base, other, other)).toBe(other);
  });

  test("another kind is a conflict, on one side or on both", () => {
    expect(merge("let f = 1", "let f (a: Int) = 1", "let f = 2")).toBeNull();
    expect(merge("let f = 1", "type f = Int", "type f = Int")).toBeNull();
    expect(merge("let f = 1", "let f = 1", "type f = Int")).toBeNull();
  });
});

describe("M2 lines", () => {
  const base = fn("one", "two", "three", "four", "five");

  test("changes of different lines are both kept", () => {
    const left = fn("one", "2", "three", "four", "five");
    const right = fn("one", "two", "three", "five", "six");
    expect(merge(base, left, right)).toBe(fn("one", "2", "three", "five", "six"));
  });

  test("what both changed alike is there once", () => {
    const left = fn("one", "new", "two", "three", "four", "5");
    const right = fn("one", "new", "two", "three", "4", "five");
    expect(merge(base, fn("one", "new", "two", "three", "four", "five"), right)).toBe(right);
    expect(merge(base, left, fn("1", "new", "two", "three", "four", "five"))).toBeNull();
  });

  test("the same lines put between repeated ones are there once, beside other changes", () => {
    const repeated = fn("first", "if a then", "  x", "else", "  x", "last");
    const added = ["if a then", "  x", "elif b then", "  x", "else", "  x"];
    const right = fn("first 1", ...added, "last 1");
    expect(merge(repeated, fn("first", ...added, "last"), right)).toBe(right);
  });

  test("two different lines at one place are a conflict", () => {
    expect(
      merge(
        base,
        fn("one", "x", "two", "three", "four", "five"),
        fn("one", "y", "two", "three", "four", "five"),
      ),
    ).toBeNull();
  });

  test("a line added at the end leaves the last one to the other side", () => {
    expect(merge(fn("one", "two"), fn("one", "two", "three"), fn("1", "two"))).toBe(fn("1", "two", "three"));
  });
});

describe("M3 line breaks", () => {
  const windows = (text: string) => text.replaceAll("\n", "\r\n");
  const [base, left, right, both] = [
    fn("one", "two", "three"),
    fn("1", "two", "three"),
    fn("one", "two", "3"),
    fn("1", "two", "3"),
  ];

  test("texts that all have the same keep it", () => {
    expect(merge(windows(base), windows(left), windows(right))).toBe(windows(both));
  });

  test("who changes them leaves the lines to the other", () => {
    expect(merge(base, windows(left), right)).toBe(windows(both));
    expect(merge(base, windows(base), right)).toBe(windows(right));
    expect(merge(windows(base), left, windows(right))).toBe(both);
  });

  test("a text of one line has none", () => {
    expect(merge("let f = g 1", "let f = g 1\r\n  |> h", "let f = k 1")).toBe("let f = k 1\r\n  |> h");
    expect(merge("let f = g 1", "let f = g 1\r\n  |> h", "let f =\n  k 1")).toBeNull();
  });

  test("a text with both kinds is taken as it is", () => {
    const mixed = "let f =\r\n  one\n  two\n  three";
    expect(merge(mixed, "let f =\r\n  1\n  two\n  three", "let f =\r\n  one\n  two\n  3")).toBe(
      "let f =\r\n  1\n  two\n  3",
    );
  });
});

describe("M4 white space gives way", () => {
  const base = fn("g a b", "h a b");
  const respaced = fn("g  a   b", "h", "  a", "  b");

  test("to the side that changed more", () => {
    expect(merge(base, respaced, fn("g a b", "h a c"))).toBe(fn("g a b", "h a c"));
    expect(merge(base, fn("g x b", "h a b"), fn("g  x b", "h a b"))).toBe(fn("g  x b", "h a b"));
  });

  test("but not where a line came to stand deeper than before", () => {
    const flat = fn("if a then", "  g a", "h a");
    const nested = fn("if a then", "  g a", "  h a");
    expect(merge(flat, nested, fn("if a then", "  g a", "k a"))).toBeNull();
    const indented = fn("if a then", "    g a", "h a");
    expect(merge(flat, indented, fn("if a then", "  k a", "h a"))).toBe(fn("if a then", "  k a", "h a"));
  });

  test("nor where both broke a line, one to stand deeper and one to stand shallower", () => {
    expect(merge(fn("let y = 1"), fn("let y =", "  1"), fn("let y =").concat("\n 1"))).toBeNull();
  });

  test("in some lines, if these begin where they began, beside other changes", () => {
    const other = fn("g a c", "one", "two", "h a b");
    expect(merge(fn("g a b", "one", "two", "h a b"), fn("g  a  b", "one", "two", "h x b"), other)).toBe(
      fn("g a c", "one", "two", "h x b"),
    );
    const deeper = fn("  g a b", "  one", "two", "h x b");
    expect(merge(fn("g a b", "one", "two", "h a b"), deeper, other.replace("g a", "k a"))).toBeNull();
  });
});

describe("M5 M6 tokens", () => {
  test("edits of one line that do not touch are both kept", () => {
    expect(
      merge("let f (a: Int) = g a (h 1)", "let f (b: Int) = g a (h 1)", "let f (a: Int) = g a (h 1 k)"),
    ).toBe("let f (b: Int) = g a (h 1 k)");
  });

  test("edits of lines that follow each other are both kept, more than one too", () => {
    const left = fn("g 1 x 2 y", "h a b");
    expect(merge(fn("g a x b y", "h a b"), left, fn("g a x b y", "h 3 b 4"))).toBe(
      fn("g 1 x 2 y", "h 3 b 4"),
    );
  });

  test("edits that touch are a conflict", () => {
    expect(merge(fn("g a"), fn("g b"), fn("g c"))).toBeNull();
    expect(merge(fn("g a"), fn("g a b"), fn("g a c"))).toBeNull();
    expect(merge(fn("g a b"), fn("g a.x b"), fn("g c b"))).toBeNull();
  });

  test("so are those that touch at another place where they could be said to stand", () => {
    // ` x` put in behind `g` or behind either `x` is the same text.
    expect(merge(fn("g x x a"), fn("g x x x a"), fn("h x x a"))).toBeNull();
  });

  test("one of the sides with two edits on a line that both changed is a conflict", () => {
    expect(merge(fn("g a b c d e"), fn("g 1 b 2 d e"), fn("g a b c d 3"))).toBeNull();
  });

  test("so is one that goes beyond such a line", () => {
    expect(merge(fn("g a b c", "h d"), fn("g 1 b c", "h d"), fn("g a b", "  2", "h d"))).toBeNull();
  });

  test("so are two on one line that each take something out", () => {
    expect(merge(fn("g a (h 1)"), fn("g b (h 1)"), fn("g a (h 2)"))).toBeNull();
    expect(merge(fn("g a (h 1)"), fn("g b (h 1)"), fn("g a (h)"))).toBeNull();
    expect(merge(fn("g a (h 1)"), fn("g (h 1)"), fn("g a.x (h 1)"))).toBeNull();
    expect(merge(fn("g a (h  1)"), fn("g b (h  1)"), fn("g a (h k 1)"))).toBe(fn("g b (h k 1)"));
  });

  test("so is a side that takes out more than half of a stretch", () => {
    const [base, other] = [fn("g a b", "h c d", "k e"), fn("g a b", "h c d", "k 7")];
    expect(merge(base, fn("1 2 3", "4 c d", "k e"), other)).toBe(fn("1 2 3", "4 c d", "k 7"));
    expect(merge(base, fn("1 2 3", "4 5 d", "k e"), other)).toBeNull();
  });

  test("a string is one token", () => {
    expect(merge(fn('g "one two three"'), fn('g "1 two three"'), fn('g "one two 3"'))).toBeNull();
  });
});

describe("M7 names", () => {
  test("one that one side took out and the other newly uses elsewhere is a conflict", () => {
    const text = (named: string, used: string, third: string, fourth: string) =>
      fn(`let ${named} = g`, "one", used, "two", `k ${third}`, `l ${fourth}`);
    const base = text("old", "h", "1", "2");
    const renamed = text("young", "h", "3", "2");
    expect(merge(base, renamed, text("old", "h old", "1", "4"))).toBeNull();
    expect(merge(base, renamed, text("old", "h x", "1", "4"))).toBe(text("young", "h x", "3", "4"));
  });

  test("one that one side uses more and the other less in a stretch is a conflict", () => {
    const [base, left] = [fn("g x", "h x 1"), fn("g 2", "h x 1")];
    expect(merge(base, left, fn("g x", "h x x"))).toBeNull();
    expect(merge(base, left, fn("g x", "h x 2"))).toBe(fn("g 2", "h x 2"));
  });

  test("a new one that both use in a stretch is a conflict", () => {
    const [base, left] = [fn("g x", "h x 1"), fn("g y", "h x 1")];
    expect(merge(base, left, fn("g x", "h x y"))).toBeNull();
    expect(merge(base, left, fn("g x", "h x z"))).toBe(fn("g y", "h x z"));
  });
});

describe("M8 what is not one well-formed definition of that name and kind is a conflict", () => {
  test("brackets of both sides that cross", () => {
    const base = fn("a", "b", "c", "d", "e", "f", "g");
    const left = fn("[ a", "b", "c", "d", "e ]", "f", "g");
    expect(merge(base, left, fn("a", "b", "c", "d", "e", "f", "( g )"))).toBe(
      fn("[ a", "b", "c", "d", "e ]", "f", "( g )"),
    );
    expect(merge(base, left, fn("a", "b", "( c", "d", "e", "f", "g )"))).toBeNull();
  });

  test("a function that lost its last parameter, one on each side", () => {
    const both = "let f\n  (a: Int)\n\n  (b: Int)\n  = 1";
    expect(merge(both, both.replace("  (a: Int)\n", ""), both.replace("  (b: Int)\n", ""))).toBeNull();
  });

  test("another name, or more text than the definition", () => {
    const [base, left, right] = [fn("a", "b", "c"), fn("1", "b", "c"), fn("a", "b", "3")].map(definition) as [
      DefinitionText,
      DefinitionText,
      DefinitionText,
    ];
    expect(mergeTexts(darklang, name, base, left, right)).toEqual(definition(fn("1", "b", "3")));
    const renaming = {
      ...darklang,
      parseDefinition: (text: string) => darklang.parseDefinition(text.replace("f", "g")),
    };
    expect(mergeTexts(renaming, name, base, left, right)).toBeNull();
    const longer = (text: DefinitionText) => ({ ...text, tail: `${text.tail}\n` });
    expect(mergeTexts(darklang, name, longer(base), longer(left), longer(right))).toBeNull();
  });
});

describe("M9 limits", () => {
  const large = 500_000;
  const cases: readonly (readonly [string, (tag: string) => string])[] = [
    ["one line of one name", (tag) => `let f = ${tag}${"x".repeat(large)}${tag}`],
    ["one line of many tokens", (tag) => `let f = ${tag} ${"x ".repeat(large / 2)}${tag}`],
    ["equal lines", (tag) => `let f =\n  ${tag}\n${"  x\n".repeat(large / 4)}  ${tag}`],
    ["equal lines, every other one changed", (tag) => `let f =\n${`  x\n  ${tag}\n`.repeat(large / 10)}  x`],
    ["comments", (tag) => `let f =\n  ${tag}\n${"  // x\n".repeat(large / 8)}  ${tag}`],
  ];

  test.each(cases)("half a megabyte, %s", (_, make) => {
    const begin = performance.now();
    expect(merge(make("a"), make("b"), make("c"))).toBeNull();
    expect(performance.now() - begin).toBeLessThan(5000);
  });

  test("tokens of all disputed lines together", () => {
    const make = (count: number, one: string, other: string) =>
      fn(
        ...Array.from({ length: count }, (_, index) => [
          `g ${one}${index} b${index}${other}`,
          `kept${index}`,
        ]).flat(),
      );
    const merged = (count: number) =>
      merge(make(count, "a", ""), make(count, "x", ""), make(count, "a", " 1"));
    expect(merged(400)).toBe(make(400, "x", " 1"));
    expect(merged(500)).toBeNull();
  });

  test("large texts merge where little of them changed", () => {
    const make = (first: string, last: string) => `let f =\n  ${first}\n${"  x\n".repeat(2000)}  ${last}`;
    expect(merge(make("a", "b"), make("1", "b"), make("a", "2"))).toBe(make("1", "2"));
  });
});

/** Words and signs of a definition, and what an edit may put in. */
const word = fc.constantFrom(
  "g",
  "h",
  "x",
  "1",
  "(x)",
  "[ 1 ]",
  "|> i",
  '"s t"',
  "// note",
  "\n  ",
  "\n",
  " ",
  "let y = 1",
);
const body = fc.array(fc.array(word, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 });
const edit = fc.record({ at: fc.nat(), removed: fc.nat(2), put: fc.array(word, { maxLength: 2 }) });
const edits = fc.array(edit, { minLength: 1, maxLength: 3 });

function edited(
  source: string,
  changes: readonly { at: number; removed: number; put: readonly string[] }[],
): string {
  return changes.reduce((text, { at, removed, put }) => {
    const pieces = [...darklang.tokens(text)];
    pieces.splice(at % (pieces.length + 1), removed, ...put);
    return pieces.join("");
  }, source);
}

/** A definition and two edits of it; what an edit breaks is left out. */
const triple = fc
  .tuple(body, edits, edits)
  .map(([lines, left, right]) => {
    const base = fn(...lines.map((words) => words.join(" ")));
    return [base, edited(base, left), edited(base, right)] as const;
  })
  .filter((sources) =>
    sources.every((source) => {
      const parsed = darklang.parseDefinition(source);
      return !("reason" in parsed) && parsed.name === name && parsed.text.kind === "fn";
    }),
  );

describe("whatever is merged", () => {
  test("M1 M8 a result is well-formed, and the same whichever side is left", () => {
    let merged = 0;
    fc.assert(
      fc.property(triple, (sources) => {
        const result = merge(...sources);
        if (result === null) return;
        merged += 1;
        expect(renderDefinition(definition(result), name)).toBe(result);
      }),
      { numRuns: 2000 },
    );
    expect(merged).toBeGreaterThan(100);
  });

  test("M1 M4 merging a side again changes nothing but white space", () => {
    fc.assert(
      fc.property(triple, ([base, left, right]) => {
        expect(merge(base, base, right)).toBe(renderDefinition(definition(right), name));
        expect(merge(base, left, left)).toBe(renderDefinition(definition(left), name));
        const result = merge(base, left, right);
        const again = result === null ? null : merge(base, result, left);
        if (again !== null) expect(again.replace(/\s/g, "")).toBe(result?.replace(/\s/g, ""));
      }),
      { numRuns: 1000 },
    );
  });

  const flags = fc.array(fc.constantFrom("keep", "left", "right"), { minLength: 2, maxLength: 30 });

  test("M2 changes of lines with one between them are both there, and nothing else", () => {
    fc.assert(
      fc.property(flags, fc.constantFrom("change", "remove", "add"), (who, how) => {
        const lines = (side: string) =>
          fn(
            "begin",
            ...who.flatMap((owner, index) => {
              const line = `line${index}`;
              if (owner === "keep" || (side !== owner && side !== "both")) return [line, `between${index}`];
              if (how === "remove") return [`between${index}`];
              return how === "add"
                ? [line, `more${index}`, `between${index}`]
                : [`new${index}`, `between${index}`];
            }),
          );
        // Names are taken out by one side only, so M7 has no say; lines do not touch, so tokens have none.
        expect(merge(lines("base"), lines("left"), lines("right"))).toBe(lines("both"));
      }),
    );
  });

  test("M5 M6 one change of each on one line is there, wherever it is, if one only puts in", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 30 }), fc.nat(), fc.nat(), (length, one, other) => {
        const [left, right] = [one % length, other % length];
        fc.pre(left !== right);
        const line = (replaced: number | null, longer: number | null) =>
          fn(
            Array.from({ length }, (_, index) => {
              const word = index === replaced ? `new${index}` : `name${index}`;
              return index === longer ? `${word}.more` : word;
            }).join(" "),
          );
        expect(merge(line(null, null), line(left, null), line(null, right))).toBe(line(left, right));
      }),
    );
  });

  test("it never throws, and merges into nothing that is not well-formed", () => {
    const text = fc.array(
      fc.constantFrom("let ", "f", " = ", "1", "\n", "\r\n", "  ", '"', "(*", "{", "'", "\uD800", "``"),
      {
        maxLength: 12,
      },
    );
    const anyDefinition = fc.record({
      kind: fc.constantFrom("fn" as const, "value" as const),
      head: fc.constantFrom("let ", "", "/// x\nlet ", "let rec "),
      tail: text.map((pieces) => pieces.join("")),
    });
    fc.assert(
      fc.property(anyDefinition, anyDefinition, anyDefinition, (base, left, right) => {
        const merged = mergeTexts(darklang, name, base, left, right);
        if (
          merged === null ||
          [left, right].some((side) => side.tail === merged.tail && side.head === merged.head)
        )
          return;
        expect(definition(renderDefinition(merged, name))).toEqual(merged);
      }),
      { numRuns: 2000 },
    );
  });
});

test("M10 the results of rules 1 stay what they were", () => {
  const next = seededNumbers(1);
  const words = ["g", "h", "x", "1", "(x)", "|> i", "\n  ", "// note\n  ", "  "];
  const pick = () => words[next(words.length)] ?? "";
  const change = () => ({ at: next(1000), removed: next(3), put: Array.from({ length: next(3) }, pick) });
  const results = Array.from({ length: 500 }, () => {
    const base = fn(...Array.from({ length: 5 }, () => Array.from({ length: 5 }, pick).join(" ")));
    const sides = [base, edited(base, [change(), change()]), edited(base, [change(), change()])];
    if (sides.some((source) => "reason" in darklang.parseDefinition(source))) return "not well-formed";
    return merge(sides[0] ?? "", sides[1] ?? "", sides[2] ?? "");
  });
  const merged = results.filter((result) => result !== null && result !== "not well-formed").length;
  const digest = Buffer.from(sha256(new TextEncoder().encode(JSON.stringify(results)))).toString("hex");
  expect({ merged, digest }).toEqual({
    merged: 145,
    digest: "ab1d8269535ccc20143af787f2efaf52a714d28f4217d10b84ab44318618636d",
  });
});
