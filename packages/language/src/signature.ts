import type { Parameter, Signature } from "@darksync/core/language";
import { namePattern } from "./name.js";

/** A signature, and the offset after the `=` that ends it. */
export interface ReadSignature {
  readonly signature: Signature;
  readonly end: number;
}

interface Cursor {
  readonly code: string;
  at: number;
}

const bareName = new RegExp(namePattern, "uy");

/** Reads what stands in masked code between a declared name, which ends at `from`, and its `=`; null if it can't. */
export function readSignature(code: string, from: number): ReadSignature | null {
  const cursor = { code, at: from };
  const parameters: Parameter[] = [...readTypeParameters(cursor)];
  for (;;) {
    skipSpace(cursor);
    const next = code[cursor.at];
    if (next === "=" || next === ":") break;
    const parameter = next === "(" ? readParameter(cursor) : readBareParameter(cursor);
    if (parameter === null) return null;
    parameters.push(parameter);
  }
  const result = code[cursor.at] === ":" ? readResult(cursor) : null;
  if (code[cursor.at] !== "=") return null;
  return { signature: { parameters, result }, end: cursor.at + 1 };
}

/** `<'a, 'b>`: each is a parameter of no type. */
function readTypeParameters(cursor: Cursor): Parameter[] {
  skipSpace(cursor);
  if (cursor.code[cursor.at] !== "<") return [];
  const end = cursor.code.indexOf(">", cursor.at);
  if (end === -1) return [];
  const names = cursor.code
    .slice(cursor.at + 1, end)
    .split(",")
    .map(tidy);
  cursor.at = end + 1;
  return names.filter((name) => name !== "").map((name) => ({ name, type: null }));
}

/** `(name: Type)`, or `()` and other patterns, whose name is their text. */
function readParameter(cursor: Cursor): Parameter | null {
  const start = cursor.at;
  const end = closingBracket(cursor.code, start);
  if (end === -1) return null;
  cursor.at = end + 1;
  const inner = cursor.code.slice(start + 1, end);
  const colon = inner.indexOf(":");
  if (colon === -1) return { name: tidy(cursor.code.slice(start, end + 1)), type: null };
  return { name: tidy(inner.slice(0, colon)), type: tidy(inner.slice(colon + 1)) };
}

function readBareParameter(cursor: Cursor): Parameter | null {
  bareName.lastIndex = cursor.at;
  const match = bareName.exec(cursor.code);
  if (match === null) return null;
  cursor.at = bareName.lastIndex;
  return { name: match[0], type: null };
}

function readResult(cursor: Cursor): string {
  const end = cursor.code.indexOf("=", cursor.at);
  const start = cursor.at + 1;
  cursor.at = end === -1 ? cursor.code.length : end;
  return tidy(cursor.code.slice(start, cursor.at));
}

function closingBracket(code: string, from: number): number {
  let depth = 0;
  for (let at = from; at < code.length; at += 1) {
    if (code[at] === "(") depth += 1;
    if (code[at] === ")") depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

/** One line, single spaces: a line break in a type is no change of it. */
function tidy(code: string): string {
  return code
    .replace(/\s+/g, " ")
    .replace(/([(<[{]) /g, "$1")
    .replace(/ ([)>\]},])/g, "$1")
    .trim();
}

function skipSpace(cursor: Cursor): void {
  while (/\s/.test(cursor.code[cursor.at] ?? "x")) cursor.at += 1;
}
