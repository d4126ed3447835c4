import { mask } from "./mask.js";
import { namePattern, segmentsOfPath } from "./name.js";

const keywords: ReadonlySet<string> = new Set(
  "let val type module rec if then elif else match with when fun in of true false _".split(" "),
);

/** What follows these words is bound there, not mentioned. */
const binders: ReadonlySet<string> = new Set(["let", "val", "type", "module", "rec"]);

/**
 * In this order: a number with its suffix (`1.5`, `5L`), a type parameter (`'a`), a field (`.name` behind a bracket),
 * or a dotted path. Only the last is a name.
 */
const token = new RegExp(
  `\\p{N}[\\p{L}\\p{N}_]*(?:\\.\\p{N}+)?|'[\\p{L}_][\\p{L}\\p{N}_]*|\\.${namePattern}|(${namePattern}(?:\\.${namePattern})*)`,
  "gu",
);

/** The dotted names a text mentions outside strings and comments, each once, in order of first appearance. */
export function references(text: string): readonly string[] {
  const { code } = mask(text);
  const found = new Set<string>();
  let isBound = false;
  for (const match of code.matchAll(token)) {
    const path = match[1];
    if (path === undefined) continue;
    if (keywords.has(path)) {
      isBound = binders.has(path);
      continue;
    }
    const end = match.index + path.length;
    if (!isBound && !isLabel(code, path, end)) found.add(segmentsOfPath(path).join("."));
    isBound = false;
  }
  return [...found];
}

/** The name of a parameter or field: a small letter first, then `:` (not `::`) or `=` (not `==`) after it. */
function isLabel(code: string, path: string, end: number): boolean {
  if (path.includes(".") || /^\p{Lu}/u.test(path)) return false;
  let at = end;
  while (code[at] === " ") at += 1;
  const sign = code[at];
  return (sign === ":" || sign === "=") && code[at + 1] !== sign;
}
