import { renderDefinition } from "@darksync/core/definition";
import type { FoundDefinition, SplitFile } from "@darksync/core/language";
import { darklang } from "../src/darklang.ts";

/** The text of a file that was split, printed from its parts. */
export function printBack(split: SplitFile): string {
  const byLocation = new Map(split.definitions.map((one) => [one.location, one]));
  return darklang.printFile(split.skeleton, (location) => byLocation.get(location) ?? null);
}

/** The full text of a found definition. */
export function textOf(one: FoundDefinition): string {
  return renderDefinition(one.text, one.name);
}
