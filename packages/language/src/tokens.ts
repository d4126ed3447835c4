import { mask } from "./mask.js";
import { namePattern } from "./name.js";

/**
 * Of masked code, in this order: a line break, white space (or a comment), a string (within its line, between its
 * holes), a type parameter, a name, a number, a run of signs, or any other character (a bracket).
 */
const token = new RegExp(
  `\\r?\\n|(?:(?!\\r?\\n)\\s)+|"+|'?${namePattern}|\\p{N}[\\p{L}\\p{N}_]*(?:\\.\\p{N}+)?|[!$%&*+./:;<=>?@^|~-]+|[^]`,
  "gu",
);

/**
 * Cuts a text into line breaks, white space, comments, strings, names, numbers, signs and brackets; joined they give
 * the text back. No piece goes beyond its line. Total, and linear in the length of the text.
 */
export function tokens(text: string): readonly string[] {
  const found: string[] = [];
  for (const { 0: masked, index } of mask(text).code.matchAll(token)) {
    const piece = text.slice(index, index + masked.length);
    const comment = piece.trim();
    if (comment === "" || masked.trim() !== "") {
      found.push(piece);
      continue;
    }
    // Comments are white space in the mask.
    const start = piece.indexOf(comment);
    found.push(piece.slice(0, start), comment, piece.slice(start + comment.length));
  }
  return found.filter((piece) => piece !== "");
}
