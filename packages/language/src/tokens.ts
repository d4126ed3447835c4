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
  let at = 0;
  for (const masked of mask(text).code.match(token) ?? []) {
    const piece = text.slice(at, at + masked.length);
    at += masked.length;
    // Comments are white space in the mask.
    const comment = masked.trim() === "" ? piece.trim() : "";
    if (comment === "") {
      found.push(piece);
      continue;
    }
    const start = piece.indexOf(comment);
    const parts = [piece.slice(0, start), comment, piece.slice(start + comment.length)];
    found.push(...parts.filter((part) => part !== ""));
  }
  return found;
}
