import { linesOf } from "./lines.js";
import { mask } from "./mask.js";

/**
 * Moves a definition from column 0 to `column`. Blank lines, and lines that begin inside a string or block comment,
 * are never touched: there, white space is content.
 */
export function indent(text: string, column: number): string {
  if (column === 0) return text;
  const spaces = " ".repeat(column);
  const pieces: string[] = [];
  let copied = 0;
  for (const line of linesOf(text, mask(text), 0)) {
    if (line.kind === "inside" || line.kind === "blank") continue;
    pieces.push(text.slice(copied, line.start), spaces);
    copied = line.start;
  }
  pieces.push(text.slice(copied));
  return pieces.join("");
}

/** The inverse of `indent`; null where a line is not indented that far, so that nothing could bring it back. */
export function dedent(text: string, column: number): string | null {
  if (column === 0) return text;
  const pieces: string[] = [];
  let copied = 0;
  for (const line of linesOf(text, mask(text), 0)) {
    if (line.kind === "inside" || line.kind === "blank") continue;
    if (line.spaces < column) return null;
    pieces.push(text.slice(copied, line.start));
    copied = line.start + column;
  }
  pieces.push(text.slice(copied));
  return pieces.join("");
}
