import type { Line } from "./lines.js";
import { namePattern } from "./name.js";

/** A run of lines that belong together. Lines are counted from 0. */
export interface Block {
  readonly kind: "module" | "declaration" | "other";
  /** Where it begins: its first `///` line, if it has any. */
  readonly first: number;
  /** The line of its keyword. */
  readonly line: number;
  readonly last: number;
  readonly column: number;
}

/** The path of a module line, and whether it opens an indented body (`module X =`) or heads the file. */
export interface ModuleLine {
  readonly path: string;
  readonly opensBody: boolean;
}

const declaration = /(?:let|val|type)(?![\p{L}\p{N}_'])/uy;
const moduleWord = /module(?![\p{L}\p{N}_'])/uy;
const moduleLine = new RegExp(`^module[ \\t]+(${namePattern}(?:\\.${namePattern})*)[ \\t]*(=?)$`, "u");

/** Cuts masked lines into blocks. What stands between them (blank lines, loose comments) belongs to none. */
export function blocksOf(text: string, code: string, lines: readonly Line[]): Block[] {
  const blocks: Block[] = [];
  let free = 0;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    // Code behind the end of a comment or string makes a line that nothing owns, just as code at its start does.
    if (line === undefined || line.code === -1) continue;
    const kind = kindOf(code, line);
    const last = kind === "module" ? at : lastOwned(code, lines, at);
    const first = kind === "declaration" ? firstDoc(text, lines, at, free) : at;
    blocks.push({ kind, first, line: at, last, column: line.indent });
    at = last;
    free = last + 1;
  }
  return blocks;
}

/** Reads a line that begins with `module`; null if there is more or less on it than a path. */
export function readModuleLine(code: string, line: Line): ModuleLine | null {
  const match = moduleLine.exec(code.slice(line.code, line.end).trimEnd());
  return match?.[1] === undefined ? null : { path: match[1], opensBody: match[2] === "=" };
}

/** Whether a line is one of documentation: `///`, but not `////`. */
export function isDoc(text: string, line: Line): boolean {
  const at = line.start + line.indent;
  return line.kind === "comment" && text.startsWith("///", at) && text[at + 3] !== "/";
}

function kindOf(code: string, line: Line): Block["kind"] {
  if (line.kind === "inside" || line.code !== line.start + line.indent) return "other";
  if (matchesAt(declaration, code, line.code)) return "declaration";
  return matchesAt(moduleWord, code, line.code) ? "module" : "other";
}

/**
 * A block owns what stands to the right of its column, and a line at its column that begins with a closing bracket or
 * a bar. Blank lines and loose comments are its own only if more of it follows.
 */
function lastOwned(code: string, lines: readonly Line[], from: number): number {
  const column = lines[from]?.indent ?? 0;
  let last = from;
  let owned = true;
  for (let at = from + 1; at < lines.length; at += 1) {
    const line = lines[at];
    if (line === undefined) break;
    if (line.kind === "blank") continue;
    if (line.kind !== "inside")
      owned = line.indent > column || (line.indent === column && goesOn(code, line));
    if (owned) last = at;
    else if (line.code !== -1) break;
  }
  return last;
}

function goesOn(code: string, line: Line): boolean {
  return line.code === line.start + line.indent && ")]}|".includes(code[line.code] ?? " ");
}

/** The first `///` line right above a declaration, or the declaration; a blank line cuts the tie. */
function firstDoc(text: string, lines: readonly Line[], at: number, free: number): number {
  const column = lines[at]?.indent;
  let first = at;
  for (let above = at - 1; above >= free; above -= 1) {
    const line = lines[above];
    if (line === undefined || line.kind !== "comment") break;
    if (isDoc(text, line) && line.indent === column) first = above;
  }
  return first;
}

function matchesAt(sticky: RegExp, text: string, at: number): boolean {
  sticky.lastIndex = at;
  return sticky.test(text);
}
