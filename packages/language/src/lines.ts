import type { Mask } from "./mask.js";

/** One line of a text, with what the layout rules need to know of it. */
export interface Line {
  readonly start: number;
  /** The offset of its line break (`\n` or `\r\n`), or of the end of the text. */
  readonly end: number;
  /** Its column: how many units of white space it begins with. */
  readonly indent: number;
  /** How many of those are spaces, from the start: fewer than `indent` only where there are tabs or the like. */
  readonly spaces: number;
  /** `inside` a string or block comment; else `blank`, `comment` (nothing but comments), or `code`. */
  readonly kind: "inside" | "blank" | "comment" | "code";
  /** The offset of its first unit of code, or -1. */
  readonly code: number;
}

/** The offset at which the lines of a file begin: behind its byte order mark, if it has one. */
export function afterMark(text: string): number {
  return text.startsWith("\uFEFF") ? 1 : 0;
}

/** The lines of a masked text, from an offset on. */
export function linesOf(text: string, mask: Mask, from: number): Line[] {
  const lines: Line[] = [];
  let span = 0;
  let start = from;
  for (;;) {
    const lineBreak = text.indexOf("\n", start);
    const last = lineBreak === -1 ? text.length : lineBreak;
    while ((mask.spans[span]?.end ?? Number.POSITIVE_INFINITY) <= start) span += 1;
    const inside = (mask.spans[span]?.start ?? Number.POSITIVE_INFINITY) < start;
    lines.push(lineAt(text, mask, start, text[last - 1] === "\r" && last > start ? last - 1 : last, inside));
    if (lineBreak === -1) return lines;
    start = lineBreak + 1;
  }
}

function lineAt(text: string, mask: Mask, start: number, end: number, inside: boolean): Line {
  const first = skipSpace(text, start, end);
  const code = skipSpace(mask.code, start, end);
  const spaces = skipSpaces(text, start, first) - start;
  const kind = inside ? "inside" : first === end ? "blank" : code === end ? "comment" : "code";
  return { start, end, indent: first - start, spaces, kind, code: code === end ? -1 : code };
}

function skipSpace(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

function skipSpaces(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && text.charCodeAt(at) === 0x20) at += 1;
  return at;
}

function isSpace(unit: number): boolean {
  return unit <= 0x20 || unit === 0xa0 || unit === 0xfeff;
}
