import { type DefinitionText, renderDefinition } from "@darksync/core/definition";
import type { Skeleton } from "@darksync/core/language";
import type { Location } from "@darksync/core/location";
import { indent } from "./indentation.js";

/** Prints a layout; a slot without a definition is dropped with its line and the blank lines before it. */
export function printFile(
  skeleton: Skeleton,
  definitionAt: (location: Location) => { name: string; text: DefinitionText } | null,
): string {
  const printed: string[] = [];
  let isDropped = false;
  for (const piece of skeleton) {
    if (typeof piece === "string") {
      printed.push(isDropped ? withoutLine(piece, endsInComment(printed.at(-1) ?? "")) : piece);
      isDropped = false;
      continue;
    }
    const definition = definitionAt(piece.location);
    isDropped = definition === null;
    if (definition === null) dropBlankLines(printed);
    else printed.push(indent(renderDefinition(definition.text, definition.name), piece.column));
  }
  return printed.join("");
}

/**
 * What follows a dropped definition, without the line break that ended it. Below a comment a blank line stays, or the
 * comment would become documentation of the next definition.
 */
function withoutLine(piece: string, isBelowComment: boolean): string {
  const lineBreak = /^\r?\n/.exec(piece)?.[0] ?? "";
  const rest = piece.slice(lineBreak.length);
  return isBelowComment && !/^[^\S\n]*\n/.test(rest) ? lineBreak + rest : rest;
}

function endsInComment(printed: string): boolean {
  const text = printed.trimEnd();
  const line = text.slice(text.lastIndexOf("\n") + 1).trimStart();
  return line.startsWith("//") || line.endsWith("*)");
}

/** Takes the blank lines off the end of what is printed; the line break of the last line with text stays. */
function dropBlankLines(printed: string[]): void {
  let space = "";
  for (let last = printed.pop(); last !== undefined; last = printed.pop()) {
    const text = last.trimEnd();
    space = last.slice(text.length) + space;
    if (text === "") continue;
    const lineBreak = space.indexOf("\n");
    printed.push(text + (lineBreak === -1 ? space : space.slice(0, lineBreak + 1)));
    return;
  }
}
