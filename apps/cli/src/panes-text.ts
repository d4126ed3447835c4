import stringWidth from "fast-string-width";
import type { Piece } from "./panes-align.js";

/** What a terminal shows as one character, and the columns that takes. */
interface Glyph {
  readonly text: string;
  readonly columns: number;
  readonly isSpace: boolean;
  readonly isChanged: boolean;
}

/** A row of a terminal. */
export interface TerminalRow {
  readonly pieces: readonly Piece[];
  /** What the pieces take together. */
  readonly columns: number;
  /** In a row that goes on with a line, the columns to leave before it, no part of `columns`; else null. */
  readonly indent: number | null;
}

/** What goes on of a line is indented by so much more than the line, where there is room. */
const continuationIndent = 2;

/** The least columns for text beside an indent. */
const leastBesideIndent = 12;

/**
 * A line in rows of at most `columns` columns (at least 2), broken between words where that can be. Tabs are expanded;
 * what a terminal would obey or hide is shown.
 */
export function wrapPieces(pieces: readonly Piece[], columns: number): readonly TerminalRow[] {
  const glyphs = glyphsOf(pieces);
  const indent = indentOf(glyphs, columns);
  const rows: TerminalRow[] = [];
  let start = 0;
  do {
    const isFirst = rows.length === 0;
    const end = rowEnd(glyphs, start, isFirst ? columns : columns - indent);
    const row = glyphs.slice(start, end);
    const taken = row.reduce((sum, glyph) => sum + glyph.columns, 0);
    rows.push({ pieces: joined(row), columns: taken, indent: isFirst ? null : indent });
    start = end;
    while (glyphs[start]?.text === " ") start++;
  } while (start < glyphs.length);
  return rows;
}

/** Where the row that begins at `start` ends: before a word, else within a long name, else where the room does. */
function rowEnd(glyphs: readonly Glyph[], start: number, room: number): number {
  let columns = 0;
  let [wordBreak, nameBreak] = [start, start];
  let hasText = false;
  for (let index = start; index < glyphs.length; index++) {
    const glyph = glyphs[index] as Glyph;
    columns += glyph.columns;
    if (columns > room && index > start) {
      if (glyph.isSpace) return index;
      return [wordBreak, nameBreak].find((at) => at > start) ?? index;
    }
    if (glyph.isSpace && hasText && glyphs[index - 1]?.isSpace === false) wordBreak = index;
    if (!glyph.isSpace) hasText = true;
    if (/^[.,(<|/]$/.test(glyph.text)) nameBreak = index + 1;
  }
  return glyphs.length;
}

function indentOf(glyphs: readonly Glyph[], columns: number): number {
  const own = glyphs.findIndex(({ isSpace }) => !isSpace);
  return Math.max(0, Math.min(own + continuationIndent, columns - leastBesideIndent));
}

function joined(glyphs: readonly Glyph[]): readonly Piece[] {
  const pieces: { text: string; isChanged: boolean }[] = [];
  for (const { text, isChanged } of glyphs) {
    const last = pieces.at(-1);
    if (last?.isChanged === isChanged) last.text += text;
    else pieces.push({ text, isChanged });
  }
  return pieces;
}

const tabColumns = 4;
const segmenter: Intl.Segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

function glyphsOf(pieces: readonly Piece[]): readonly Glyph[] {
  const glyphs: Glyph[] = [];
  let column = 0;
  const add = (text: string, columns: number, isSpace: boolean, isChanged: boolean) => {
    glyphs.push({ text, columns, isSpace, isChanged });
    column += columns;
  };
  for (const { text, isChanged } of pieces) {
    // White space has a meaning in Darklang: where just that was changed, it is to be seen.
    const isSpaceShown = isChanged && text.trim() === "";
    for (const { segment } of segmenter.segment(text)) {
      if (segment === " ") add(isSpaceShown ? "·" : " ", 1, true, isChanged);
      else if (segment === "\t") {
        const width = tabColumns - (column % tabColumns);
        for (let filled = 0; filled < width; filled++) {
          add(isSpaceShown && filled === 0 ? "→" : " ", 1, true, isChanged);
        }
      } else {
        // One by one: shown as a number it is longer than a row may have room for.
        for (const shown of visible(segment)) add(shown, stringWidth(shown), false, isChanged);
      }
    }
  }
  return glyphs;
}

/** A character as it may be shown; what drives a terminal or hides in a text becomes visible. */
function visible(segment: string): readonly string[] {
  if (/\p{Extended_Pictographic}|\p{RI}/u.test(segment) && !/\p{Cc}/u.test(segment)) return [segment];
  return [
    ...segment.matchAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu),
  ].flatMap(([part]) => (/^[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(part) ? nameOfHidden(part) : [part]));
}

const controlPictures = 0x2400;
const deleteCode = 0x7f;

function nameOfHidden(character: string): readonly string[] {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return [String.fromCodePoint(controlPictures + code)];
  if (code === deleteCode) return ["\u{2421}"];
  return [..."<U+", ...code.toString(16).toUpperCase().padStart(4, "0"), ">"];
}
