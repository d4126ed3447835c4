import { paint } from "./paint.js";
import type { PaneSide } from "./panes.js";
import { comparePieces, linesOf } from "./panes-align.js";
import { fold, foldedText } from "./panes-fold.js";
import { drawLine, lineStyles, onePiece, removedText } from "./panes-line.js";
import { type LinePair, leastSimilarity, pairLines } from "./panes-pairs.js";
import { wrapPieces } from "./panes-text.js";
import { countOf } from "./wording.js";

/** What each text changed in the one they came from, one below the other. */
export function stackOfChanges(
  baseTitle: string,
  base: string,
  sides: readonly PaneSide[],
  columns: number,
): readonly string[] {
  const sections = sides.map((side) => section(side, base, columns));
  return [...note(`Compared with: ${onOneLine(baseTitle)}`, columns), ...sections.flat()];
}

/** Mine, and below it what is different in theirs. */
export function stackOfTwo(mine: PaneSide, theirs: PaneSide, columns: number): readonly string[] {
  return [...section(mine, null, columns), ...section(theirs, mine.source, columns)];
}

/** One text as it is. */
export function stackOfOne(side: PaneSide, columns: number): readonly string[] {
  return section(side, null, columns);
}

/** More of one text is for an editor, not for a look at it. */
const mostSectionRows = 120;

/** A text under its title: as changes of another one, or as it is if there is none. */
function section({ title, source }: PaneSide, against: string | null, columns: number): readonly string[] {
  const rows = source === null ? note(removedText, columns) : drawText(source, against, columns);
  const shown = rows.slice(0, mostSectionRows);
  const rest = rows.length - shown.length;
  return [
    ...titleRule(onOneLine(title), columns),
    ...shown,
    ...(rest > 0 ? note(`⋯ ${countOf(rest, "row")} more`, columns) : []),
  ];
}

function drawText(source: string, against: string | null, columns: number): readonly string[] {
  if (against === null) return linesOf(source).flatMap((line) => drawn("whole", onePiece(line), columns));
  const pairs = pairLines(linesOf(against), linesOf(source), leastSimilarity);
  const isChanged = ({ before, after }: LinePair) => before !== after;
  if (!pairs.some(isChanged)) return note("(the same text)", columns);
  return fold(pairs, isChanged).flatMap((part) =>
    part.type === "folded" ? note(foldedText(part.count), columns) : drawPair(part.item, columns),
  );
}

function drawPair({ before, after }: LinePair, columns: number): readonly string[] {
  if (before === null) return after === null ? [] : drawn("added", onePiece(after), columns);
  if (after === null) return drawn("removed", onePiece(before), columns);
  if (before === after) return drawn("same", onePiece(after), columns);
  const pieces = comparePieces(before, after);
  return [...drawn("removed", pieces.before, columns), ...drawn("added", pieces.after, columns)];
}

function drawn(
  style: keyof typeof lineStyles,
  pieces: Parameters<typeof drawLine>[1],
  columns: number,
): readonly string[] {
  return drawLine(lineStyles[style], pieces, columns).map((line) => line.trimEnd());
}

function note(text: string, columns: number): readonly string[] {
  return drawn("note", onePiece(text), columns);
}

function onOneLine(title: string): string {
  return title.replaceAll("\n", ", ");
}

const ruleStart = "── ";

function titleRule(title: string, columns: number): readonly string[] {
  const rows = wrapPieces(onePiece(title), columns - ruleStart.length - 1);
  return rows.map(({ pieces, columns: width }, index) => {
    const text = paint.bold(pieces.map((piece) => piece.text).join(""));
    if (index > 0) return `${" ".repeat(ruleStart.length)}${text}`;
    return `${paint.dim(ruleStart)}${text} ${paint.dim("─".repeat(columns - ruleStart.length - width - 1))}`;
  });
}
