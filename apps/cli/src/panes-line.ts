import { paint } from "./paint.js";
import type { LineChange, Piece } from "./panes-align.js";
import { cutPieces } from "./panes-cut.js";
import { wrapPieces } from "./panes-text.js";

type Paint = (text: string) => string;

/** How a line is drawn: the sign before it, and the colours of its sign, its unchanged and its changed pieces. */
interface LineStyle {
  readonly sign: string;
  readonly signed: Paint;
  readonly same: Paint;
  readonly changed: Paint;
}

const plain: Paint = (text) => text;
const strong: Paint = (text) => paint.bold(paint.green(text));

/** The ways to draw a line. */
export const lineStyles: Readonly<Record<LineChange | "removed" | "note", LineStyle>> = {
  same: { sign: " ", signed: plain, same: paint.dim, changed: paint.dim },
  changed: { sign: "~", signed: paint.yellow, same: plain, changed: strong },
  added: { sign: "+", signed: paint.green, same: paint.green, changed: strong },
  removed: { sign: "-", signed: paint.red, same: paint.red, changed: (text) => paint.bold(paint.red(text)) },
  base: { sign: " ", signed: plain, same: paint.dim, changed: paint.red },
  whole: { sign: " ", signed: plain, same: plain, changed: plain },
  note: { sign: " ", signed: plain, same: paint.dim, changed: paint.dim },
};

const gutterColumns = 2;
const continuationSign = "↳";

/** A line of text in rows of exactly `columns` columns: its sign, then its pieces; a very long one is cut. */
export function drawLine(style: LineStyle, pieces: readonly Piece[], columns: number): readonly string[] {
  const textColumns = columns - gutterColumns;
  return wrapPieces(cutPieces(pieces), textColumns).map(({ pieces: shown, columns: taken, indent }) => {
    const before = indent === null ? `${style.signed(style.sign)} ` : `  ${drawIndent(indent)}`;
    const text = shown.map((piece) => (piece.isChanged ? style.changed : style.same)(piece.text)).join("");
    return `${before}${text}${" ".repeat(textColumns - taken - (indent ?? 0))}`;
  });
}

// The gutter is left to the signs, so that what was changed stands out.
function drawIndent(columns: number): string {
  if (columns < 2) return " ".repeat(columns);
  return `${" ".repeat(columns - 2)}${paint.dim(continuationSign)} `;
}

/** A text of one piece. */
export function onePiece(text: string): readonly Piece[] {
  return [{ text, isChanged: false }];
}

/** What stands in the place of a text that was removed. */
export const removedText: string = "(removed)";
