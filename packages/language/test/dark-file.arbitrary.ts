import type { DefinitionKind } from "@darksync/core/definition";
import type { Signature } from "@darksync/core/language";
import fc from "fast-check";
import { definition, type GeneratedDefinition, layOut } from "./dark-definition.arbitrary.ts";

/** A definition that a generated file holds. */
export interface ExpectedDefinition {
  readonly location: string;
  readonly name: string;
  readonly kind: DefinitionKind;
  /** Its text at column 0. */
  readonly text: string;
  readonly doc: string;
  readonly signature: Signature;
}

/** A file as text, and what it holds. */
export interface DarkFile {
  readonly text: string;
  readonly definitions: readonly ExpectedDefinition[];
  /** The path that heads the file, or null if it begins with a nested module. */
  readonly header: string | null;
}

type Item =
  | { readonly kind: "definition"; readonly definition: GeneratedDefinition; readonly gap: readonly Gap[] }
  | {
      readonly kind: "module";
      readonly name: string;
      readonly width: number;
      readonly items: readonly Item[];
      readonly gap: readonly Gap[];
    };

/** Lines between definitions: the first is indented, the others begin inside a block comment. */
type Gap = readonly string[];

const gap: fc.Arbitrary<Gap> = fc.constantFrom<Gap>(
  [""],
  [""],
  ["   "],
  ["// let commentedOut (x: Int) : Int = x"],
  ['// an unclosed " and a (* in a comment'],
  ["(* let old (x: Int) =", '  "quotes mean nothing here', "module Not.A.Module (* nested *)", "*)"],
  ["/// documentation of nothing", ""],
  ["//// ruler"],
);

const moduleName = fc.constantFrom("Text", "Money", "V2", "Http_", "``Odd Module``");

function items(depth: number): fc.Arbitrary<Item[]> {
  const leaf: fc.Arbitrary<Item> = fc.record({
    kind: fc.constant("definition" as const),
    definition,
    gap: fc.array(gap, { maxLength: 3 }),
  });
  if (depth === 0) return fc.array(leaf, { minLength: 1, maxLength: 4 });
  const nested: fc.Arbitrary<Item> = fc.record({
    kind: fc.constant("module" as const),
    name: moduleName,
    width: fc.constantFrom(1, 2, 4),
    items: items(depth - 1),
    gap: fc.array(gap, { maxLength: 3 }),
  });
  return fc.array(fc.oneof({ arbitrary: leaf, weight: 3 }, { arbitrary: nested, weight: 1 }), {
    maxLength: 4,
  });
}

/** Files as nasty as the rules allow, all of them well-formed. */
export const darkFile: fc.Arbitrary<DarkFile> = fc
  .record({
    header: fc.constantFrom("Acme.Shop", "Stripe", "Acme.``odd part``.Deep"),
    isHeaded: fc.boolean(),
    items: items(2),
    first: fc.array(gap, { maxLength: 2 }),
    last: fc.array(gap, { maxLength: 2 }),
    lineBreak: fc.constantFrom("\n", "\n", "\r\n"),
    hasMark: fc.boolean(),
    endsInBreak: fc.boolean(),
  })
  .map((parts) => {
    const page = new Page(parts.lineBreak);
    for (const lines of parts.first) page.write(lines, 0);
    if (parts.isHeaded) {
      page.write([`module ${parts.header}`], 0);
      page.items(parts.items, parts.header, 0);
    } else {
      page.items([{ kind: "module", name: parts.header, width: 2, items: parts.items, gap: [] }], "", 0);
    }
    for (const lines of parts.last) page.write(lines, 0);
    const text = (parts.hasMark ? "\uFEFF" : "") + page.lines.join(parts.lineBreak);
    return {
      text: parts.endsInBreak ? text + parts.lineBreak : text,
      definitions: page.definitions,
      header: parts.isHeaded ? parts.header : null,
    };
  });

/** A file being written. */
class Page {
  readonly lines: string[] = [];
  readonly definitions: ExpectedDefinition[] = [];
  readonly #lineBreak: string;

  constructor(lineBreak: string) {
    this.#lineBreak = lineBreak;
  }

  write(lines: Gap, column: number): void {
    const [first = "", ...rest] = lines;
    this.lines.push(first.trim() === "" ? first : " ".repeat(column) + first, ...rest);
  }

  items(items: readonly Item[], path: string, column: number): void {
    for (const item of items) {
      for (const lines of item.gap) this.write(lines, column);
      if (item.kind === "module") {
        this.write([`module ${item.name} =`], column);
        this.items(item.items, path === "" ? item.name : `${path}.${item.name}`, column + item.width);
      } else {
        this.#definition(item.definition, path, column);
      }
    }
  }

  #definition(generated: GeneratedDefinition, path: string, column: number): void {
    // The number makes names differ, within the file and from the words in strings and comments.
    const laidOut = layOut(generated, this.definitions.length);
    for (const line of laidOut.lines) {
      this.lines.push(line.isRaw ? line.text : " ".repeat(column) + line.text);
    }
    this.definitions.push({
      location: `${path}.${laidOut.name}`,
      name: laidOut.name,
      kind: laidOut.kind,
      text: laidOut.lines.map((line) => line.text).join(this.#lineBreak),
      doc: laidOut.doc,
      signature: laidOut.signature,
    });
  }
}
