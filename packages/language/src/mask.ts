import { charLiteral, isNameUnit, quotedName } from "./name.js";

/** A run of text that crosses a line break and is no code: a string (holes included) or a block comment. */
export interface Span {
  readonly start: number;
  /** The offset after its last character. */
  readonly end: number;
}

/** A text with everything that only looks like code blotted out, unit for unit. */
export interface Mask {
  /**
   * As long as the text, line breaks in place. Comments are spaces, strings and characters are `"`; the code in the
   * holes of `$"…{here}…"` stays, with its braces, and so do quoted names.
   */
  readonly code: string;
  /** In order of appearance, never nested. */
  readonly spans: readonly Span[];
  /** Where a string or comment starts that nothing closes, or null. */
  readonly unclosed: { readonly at: number; readonly what: "string" | "comment" } | null;
}

/** A `{` of an interpolated string that is still open; `braces` counts the plain ones opened within it. */
interface Hole {
  readonly triple: boolean;
  braces: number;
}

interface Reading {
  readonly text: string;
  readonly pieces: string[];
  readonly spans: Span[];
  readonly holes: Hole[];
  at: number;
  /** Everything before this offset is in `pieces`. */
  copied: number;
  /** Where the outermost string began. */
  outer: number;
  unclosed: Mask["unclosed"];
}

/** Blots out strings, characters and comments. Total, and linear in the length of the text. */
export function mask(text: string): Mask {
  const reading: Reading = {
    text,
    pieces: [],
    spans: [],
    holes: [],
    at: 0,
    copied: 0,
    outer: 0,
    unclosed: null,
  };
  while (reading.at < text.length) readCode(reading);
  if (reading.holes.length > 0 && reading.unclosed === null) leaveUnclosed(reading, reading.outer, "string");
  reading.pieces.push(text.slice(reading.copied));
  return { code: reading.pieces.join(""), spans: reading.spans, unclosed: reading.unclosed };
}

/** Reads on to the next character that may begin something else than code, and past what it begins. */
function readCode(reading: Reading): void {
  const interesting = /["'`{}]|\/\/|\(\*/g;
  interesting.lastIndex = reading.at;
  const match = interesting.exec(reading.text);
  if (match === null) {
    reading.at = reading.text.length;
    return;
  }
  reading.at = match.index;
  if (match[0] === '"') openString(reading);
  else if (match[0] === "'") readQuote(reading);
  else if (match[0] === "`") reading.at = endOfMatch(quotedName, reading.text, reading.at) ?? reading.at + 1;
  else if (match[0] === "//") readLineComment(reading);
  else if (match[0] === "(*") readBlockComment(reading);
  else readBrace(reading, match[0]);
}

function readBrace(reading: Reading, brace: string): void {
  const hole = reading.holes.at(-1);
  reading.at += 1;
  if (hole === undefined) return;
  if (brace === "{") hole.braces += 1;
  else if (hole.braces > 0) hole.braces -= 1;
  else {
    reading.holes.pop();
    readString(reading, reading.at, hole.triple, true);
  }
}

function openString(reading: Reading): void {
  const start = reading.at;
  const triple = reading.text.startsWith('"""', start);
  if (reading.holes.length === 0) reading.outer = start;
  reading.at += triple ? 3 : 1;
  readString(reading, start, triple, reading.text[start - 1] === "$");
}

/** What matters inside a string: its end, a backslash (but not in a triple one), a hole or a doubled brace. */
const stops = {
  single: { plain: /["\\]/g, withHoles: /["\\]|\{\{?/g },
  triple: { plain: /"""/g, withHoles: /"""|\{\{?/g },
};

/** Reads a string up to its end or to its next hole, and blots out what was read, from `start`. */
function readString(reading: Reading, start: number, triple: boolean, interpolated: boolean): void {
  const { text } = reading;
  const stop = stops[triple ? "triple" : "single"][interpolated ? "withHoles" : "plain"];
  stop.lastIndex = reading.at;
  for (let match = stop.exec(text); match !== null; match = stop.exec(text)) {
    reading.at = stop.lastIndex;
    if (match[0] === "\\") {
      stop.lastIndex += 1;
    } else if (match[0] === "{") {
      blot(reading, start, match.index, '"');
      reading.holes.push({ triple, braces: 0 });
      return;
    } else if (match[0] !== "{{") {
      blot(reading, start, reading.at, '"');
      if (reading.holes.length === 0) addSpan(reading, reading.outer);
      return;
    }
  }
  reading.at = text.length;
  blot(reading, start, text.length, '"');
  leaveUnclosed(reading, reading.outer, "string");
}

/** `'a'` is a character; the `'` of a type parameter `'a` or of a name `x'` is code. */
function readQuote(reading: Reading): void {
  const start = reading.at;
  const end = isNameUnit(reading.text[start - 1]) ? null : endOfMatch(charLiteral, reading.text, start);
  reading.at = end ?? start + 1;
  if (end !== null) blot(reading, start, end, '"');
}

function readLineComment(reading: Reading): void {
  const start = reading.at;
  const lineBreak = reading.text.indexOf("\n", start);
  reading.at = lineBreak === -1 ? reading.text.length : lineBreak;
  blot(reading, start, reading.at, " ");
}

function readBlockComment(reading: Reading): void {
  const start = reading.at;
  const { text } = reading;
  if (text[start + 2] === ")") {
    reading.at += 3; // `(*)` is multiplication as a function
    return;
  }
  const marks = /\(\*|\*\)/g;
  marks.lastIndex = start;
  let depth = 0;
  for (let match = marks.exec(text); match !== null; match = marks.exec(text)) {
    depth += match[0] === "(*" ? 1 : -1;
    if (depth > 0) continue;
    reading.at = marks.lastIndex;
    blot(reading, start, reading.at, " ");
    if (reading.holes.length === 0) addSpan(reading, start);
    return;
  }
  reading.at = text.length;
  blot(reading, start, text.length, " ");
  leaveUnclosed(reading, start, "comment");
}

function blot(reading: Reading, start: number, end: number, filler: string): void {
  reading.pieces.push(reading.text.slice(reading.copied, start));
  reading.pieces.push(reading.text.slice(start, end).replace(/[^\r\n]/g, filler));
  reading.copied = end;
}

function addSpan(reading: Reading, start: number): void {
  const lineBreak = reading.text.indexOf("\n", start);
  if (lineBreak !== -1 && lineBreak < reading.at) reading.spans.push({ start, end: reading.at });
}

function leaveUnclosed(reading: Reading, at: number, what: "string" | "comment"): void {
  // Inside a hole the string around it is what stays open, whatever ended the text.
  const inHole = reading.holes.length > 0;
  reading.unclosed = inHole ? { at: reading.outer, what: "string" } : { at, what };
  reading.spans.push({ start: reading.unclosed.at, end: reading.text.length });
}

function endOfMatch(sticky: RegExp, text: string, at: number): number | null {
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex : null;
}
