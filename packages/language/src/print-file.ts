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
  let dropsLineBreak = false;
  for (const piece of skeleton) {
    if (typeof piece === "string") {
      printed.push(dropsLineBreak ? piece.replace(/^\r?\n/, "") : piece);
      dropsLineBreak = false;
      continue;
    }
    const definition = definitionAt(piece.location);
    if (definition === null) {
      dropBlankLines(printed);
      dropsLineBreak = true;
    } else {
      printed.push(indent(renderDefinition(definition.text, definition.name), piece.column));
    }
  }
  return printed.join("");
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
