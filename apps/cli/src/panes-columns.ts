import { paint } from "./paint.js";
import type { PaneSide } from "./panes.js";
import type { Cell, LineChange, Row } from "./panes-align.js";
import { fold, foldedText } from "./panes-fold.js";
import { drawLine, lineStyles, onePiece, removedText } from "./panes-line.js";
import { wrapPieces } from "./panes-text.js";

const separator = "│";

/** The least columns of one pane. */
const leastPaneColumns = 20;

/** The columns below which so many panes do not stand side by side. */
export function leastColumns(panes: number): number {
  return panes * (leastPaneColumns + 1) - 1;
}

/** Texts side by side, three with the base in the middle: their titles, a rule, and the rows. */
export function columnsOf(
  sides: readonly PaneSide[],
  rows: readonly Row[],
  columns: number,
): readonly string[] {
  const widths = paneWidths(sides.length, columns);
  const draw = (cells: (pane: number, width: number) => readonly string[]) => {
    const drawn = widths.map((width, pane) => cells(pane, width));
    const height = Math.max(...drawn.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      widths
        .map((width, pane) => drawn[pane]?.[line] ?? " ".repeat(width))
        .join(paint.dim(separator))
        .trimEnd(),
    );
  };
  const isRemoved = sides.map(({ source }) => source === null);
  const body = fold(rows, isChangedRow).flatMap((part) => {
    if (part.type === "shown") return draw((pane, width) => drawCell(part.item, pane, width));
    return draw((pane, width) => (isRemoved[pane] === true ? [] : drawNote(foldedText(part.count), width)));
  });
  return [
    ...draw((pane, width) => drawTitle(sides[pane]?.title ?? "", width)),
    paint.dim(widths.map((width) => "─".repeat(width)).join("┼")),
    ...(isRemoved.includes(true)
      ? draw((pane, width) => (isRemoved[pane] === true ? drawNote(removedText, width) : []))
      : []),
    ...body,
  ];
}

function paneWidths(count: number, columns: number): readonly number[] {
  const all = columns - (count - 1);
  return Array.from({ length: count }, (_, pane) => Math.floor(all / count) + (pane < all % count ? 1 : 0));
}

function isChangedRow(row: Row): boolean {
  return row.some((cell) => cell.type === "removed" || (cell.type === "line" && isNews(cell.change)));
}

function isNews(change: LineChange): boolean {
  return change === "changed" || change === "added";
}

function drawTitle(title: string, width: number): readonly string[] {
  const lines = title.split("\n").flatMap((line) => wrapPieces(onePiece(line), width - 2));
  return lines.map(({ pieces, columns }) => {
    const text = pieces.map((piece) => piece.text).join("");
    return `  ${paint.bold(text)}${" ".repeat(width - 2 - columns)}`;
  });
}

function drawNote(text: string, width: number): readonly string[] {
  return drawLine(lineStyles.note, onePiece(text), width);
}

function drawCell(row: Row, pane: number, width: number): readonly string[] {
  const cell: Cell = row[pane] ?? { type: "blank" };
  switch (cell.type) {
    case "blank":
      return [];
    case "removed":
      return drawLine(lineStyles.removed, [], width);
    case "line":
      return drawLine(lineStyles[cell.change], cell.pieces, width);
  }
}
