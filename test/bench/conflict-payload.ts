import type { DefinitionText } from "@darksync/core/definition";
import type { DefinitionToSave } from "@darksync/runtime/edit/save";
import { CodeWriter } from "./payload.ts";

const moduleCount = 97;

/** The number of the module (`Part…`) that the definition of this number stands in. */
export function moduleNumber(index: number): number {
  return index % moduleCount;
}

function locationOf(index: number): string {
  return `Acme.Part${moduleNumber(index)}.function${index}`;
}

/** `count` code-like functions, each at a location of its own; every third one calls another one of them. */
export function linkedDefinitions(seed: number, count: number): readonly DefinitionToSave[] {
  const writer = new CodeWriter(seed);
  return Array.from({ length: count }, (_, index) => {
    const text = writer.fn();
    const call = `  let called = ${locationOf(writer.below(count))} ${writer.below(100)}L`;
    const [signature = "", ...body] = text.tail.split("\n");
    const lines = index % 3 === 0 ? [signature, call, ...body] : [signature, ...body];
    return { location: locationOf(index), text: withLines(text, lines) };
  });
}

/** The same definitions with another last line: two people who do so with different words are in conflict. */
export function withLastLine(
  definitions: readonly DefinitionToSave[],
  lastLine: string,
): readonly DefinitionToSave[] {
  return definitions.map(({ location, text }) => ({
    location,
    text: withLines(text, [...text.tail.split("\n").slice(0, -1), `  ${lastLine}`]),
  }));
}

/**
 * `count` edits of these definitions in a shuffled order, each of which keeps the signature and writes a new body: so
 * who uses them has nothing to decide.
 */
export function newBodies(
  seed: number,
  definitions: readonly DefinitionToSave[],
  count: number,
): readonly DefinitionToSave[] {
  const writer = new CodeWriter(seed);
  return Array.from({ length: count }, () => {
    const edited = definitions[writer.below(definitions.length)];
    if (edited === undefined) throw new Error("there is nothing to edit");
    const [signature = ""] = edited.text.tail.split("\n");
    const [, ...body] = writer.fn().tail.split("\n");
    return { location: edited.location, text: withLines(edited.text, [signature, ...body]) };
  });
}

function withLines(text: DefinitionText, lines: readonly string[]): DefinitionText {
  return { ...text, tail: lines.join("\n") };
}
