import { moduleOf } from "@darksync/core/location";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { darklang } from "../src/darklang.ts";
import { dedent, indent } from "../src/indentation.ts";
import { darkFile } from "./dark-file.arbitrary.ts";
import { printBack, textOf } from "./print-back.ts";

const nasty = [
  ..."\"'`(){}[]|\\$=:<>\n\r\t \uFEFF\uD800.",
  ...'let |val |type |module |module X =\n|module A.B\n|\n  |\r\n|//|///|(*|*)|"""|$"|$"""|``|\'a\'|\'a|x =|é'.split(
    "|",
  ),
];
const soup = fc.array(fc.oneof(fc.constantFrom(...nasty), fc.string({ unit: "binary" })), { maxLength: 60 });
const anyText = soup.map((parts) => parts.join(""));

/** A generated file with pieces cut out, doubled or put in. */
const damaged = fc
  .tuple(
    darkFile,
    fc.array(fc.tuple(fc.nat(), fc.nat(30), fc.constantFrom("", ...nasty)), { minLength: 1, maxLength: 4 }),
  )
  .map(([file, cuts]) =>
    cuts.reduce((text, [at, length, put]) => {
      const from = text.length === 0 ? 0 : at % text.length;
      return text.slice(0, from) + put + text.slice(from + length);
    }, file.text),
  );

describe("generated files", () => {
  test("D7 D9 D13 D14 D15 what is split is what was generated", () => {
    fc.assert(
      fc.property(darkFile, (file) => {
        const split = darklang.splitFile(file.text);
        expect(split.problems).toEqual([]);
        const found = split.definitions.map((one) => ({
          location: one.location,
          name: one.name,
          kind: one.text.kind,
          text: textOf(one),
          doc: one.doc,
          signature: one.signature,
        }));
        expect(found).toEqual(file.definitions);
      }),
      { numRuns: 500 },
    );
  });

  test("D23 dropping definitions leaves the others as they are", () => {
    fc.assert(
      fc.property(darkFile, fc.infiniteStream(fc.boolean()), (file, keeps) => {
        const split = darklang.splitFile(file.text);
        const kept = split.definitions.filter(() => keeps.next().value);
        const byLocation = new Map(kept.map((one) => [one.location, one]));
        const printed = darklang.printFile(split.skeleton, (location) => byLocation.get(location) ?? null);
        const again = darklang.splitFile(printed);
        expect(again.problems).toEqual([]);
        expect(again.definitions.map((one) => [one.location, textOf(one)])).toEqual(
          kept.map((one) => [one.location, textOf(one)]),
        );
      }),
    );
  });

  test("D24 a slot added for any module of the file is in that module", () => {
    fc.assert(
      fc.property(darkFile, fc.nat(), (file, pick) => {
        fc.pre(file.definitions.length > 0);
        const split = darklang.splitFile(file.text);
        const module = moduleOf(file.definitions[pick % file.definitions.length]?.location ?? "");
        const added = [`${module}.addedFirst`, `${module}.addedSecond`];
        const skeleton = darklang.addSlots(split.skeleton, added);
        const byLocation = new Map(split.definitions.map((one) => [one.location, one]));
        const text = { kind: "value", head: "val ", tail: " = 1" } as const;
        const printed = darklang.printFile(
          skeleton,
          (location) => byLocation.get(location) ?? { name: location.slice(module.length + 1), text },
        );
        const again = darklang.splitFile(printed);
        expect(again.problems).toEqual([]);
        expect(again.definitions.map((one) => one.location)).toEqual([
          ...split.definitions.map((one) => one.location),
          ...added,
        ]);
      }),
    );
  });

  test("D25 the module of a file is the one that heads it", () => {
    fc.assert(
      fc.property(darkFile, (file) => {
        const module = darklang.moduleOfFile(darklang.splitFile(file.text).skeleton);
        const first = file.definitions[0];
        if (file.header !== null) expect(module).toBe(file.header);
        else if (first !== undefined) expect(module).toBe(moduleOf(first.location));
      }),
    );
  });
});

describe.each([
  { name: "generated files", texts: darkFile.map((file) => file.text) },
  { name: "any text", texts: anyText },
  { name: "damaged files", texts: damaged },
])("$name", ({ texts }) => {
  test("D20 printing a split gives the text back", () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(printBack(darklang.splitFile(text))).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  test("D13 D19 what is found parses the same, and each location once", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { definitions } = darklang.splitFile(text);
        expect(new Set(definitions.map((one) => one.location)).size).toBe(definitions.length);
        for (const one of definitions) {
          const { location, line, ...parsed } = one;
          expect(line).toBeGreaterThan(0);
          expect(location.endsWith(`.${one.name}`)).toBe(true);
          expect(darklang.parseDefinition(textOf(one))).toEqual(parsed);
          expect(darklang.parseDefinition(`\n \n${textOf(one)}\n\n`)).toEqual(parsed);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("D19 what parses as a definition is found in a file, alone or nested", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = darklang.parseDefinition(text);
        if ("reason" in parsed) {
          expect(parsed.line).toBeGreaterThan(0);
          expect(parsed.line).toBeLessThanOrEqual(text.split("\n").length);
          return;
        }
        const location = `Acme.Here.${parsed.name}`;
        const printed = darklang.printFile(darklang.newFile("Acme.Here", [location]), () => parsed);
        expect(darklang.splitFile(printed).definitions.map((one) => one.text)).toEqual([parsed.text]);
      }),
    );
  });

  test("D17 indenting has an exact inverse", () => {
    fc.assert(
      fc.property(texts, fc.nat(8), (text, column) => {
        expect(dedent(indent(text, column), column)).toBe(text);
        const less = dedent(text, column);
        if (less !== null) expect(indent(less, column)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  test("D22 nothing throws, and problems are on lines of the text", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const split = darklang.splitFile(text);
        const count = text.split("\n").length;
        for (const problem of split.problems) {
          expect(problem.line).toBeGreaterThan(0);
          expect(problem.line).toBeLessThanOrEqual(count);
        }
        darklang.moduleOfFile(split.skeleton);
        for (const name of darklang.references(text)) darklang.candidates(name, "Acme.Here");
        darklang.candidates(text, text);
      }),
    );
  });
});
