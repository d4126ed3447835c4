import { diffWordsWithSpace } from "diff";
import { leastSimilarity, pairLines } from "./panes-pairs.js";

/** Part of a line; changed: the other text has something else here. */
export interface Piece {
  readonly text: string;
  readonly isChanged: boolean;
}

/** What one text has in a row. */
export type Cell =
  | { readonly type: "blank" }
  /** The base has a line here that this text took out. */
  | { readonly type: "removed" }
  | {
      readonly type: "line";
      readonly change: LineChange;
      readonly pieces: readonly Piece[];
    };

/** What a line is to the text it is compared with: `base` is compared with all others, `whole` with none. */
export type LineChange = "same" | "changed" | "added" | "base" | "whole";

/** Lines that belong together, one cell for each text. */
export type Row = readonly Cell[];

/** The rows of two texts that have no base: a cell of each. Null: the text was removed. */
export function alignTwo(mine: string | null, theirs: string | null): readonly Row[] {
  if (mine === null)
    return theirs === null ? [] : linesOf(theirs).map((line) => [blank, whole("whole", line)]);
  if (theirs === null) return linesOf(mine).map((line) => [whole("whole", line), blank]);
  return pairLines(linesOf(mine), linesOf(theirs), leastSimilarity).map(({ before, after }) => {
    if (before === null) return [blank, after === null ? blank : whole("added", after)];
    if (after === null) return [whole("added", before), blank];
    if (before === after) return [whole("same", before), whole("same", after)];
    const pieces = comparePieces(before, after);
    return [changed(pieces.before), changed(pieces.after)];
  });
}

/** The rows of two texts and what both came from: cells of mine, base and theirs. Null: the text was removed. */
export function alignThree(mine: string | null, base: string, theirs: string | null): readonly Row[] {
  const baseLines = linesOf(base);
  const left = beside(baseLines, mine);
  const right = beside(baseLines, theirs);
  const rows = [...insertedRows(left.inserted[0] ?? [], right.inserted[0] ?? [])];
  for (const [index, line] of baseLines.entries()) {
    rows.push([
      cellOf(line, left.kept[index]),
      baseCell(line, [left.kept[index], right.kept[index]]),
      cellOf(line, right.kept[index]),
    ]);
    rows.push(...insertedRows(left.inserted[index + 1] ?? [], right.inserted[index + 1] ?? []));
  }
  return rows;
}

/** The rows of a text and what came of it: cells of both. Null: it was removed. */
export function alignOne(base: string, side: string | null): readonly Row[] {
  return alignThree(null, base, side).map((row) => row.slice(1));
}

/** The lines of a text; an end of line at its end begins no other. */
export function linesOf(text: string): readonly string[] {
  return text.trimEnd().split("\n");
}

const blank: Cell = { type: "blank" };

function whole(change: "same" | "added" | "whole", text: string): Cell {
  return { type: "line", change, pieces: [{ text, isChanged: change === "added" }] };
}

function changed(pieces: readonly Piece[]): Cell {
  return { type: "line", change: "changed", pieces };
}

/** A side along its base: what it has of each line, null where it took that out, undefined where the whole text went;
 * and what it put in before each line and at the end. */
interface Beside {
  readonly kept: readonly (string | null)[];
  readonly inserted: readonly (readonly string[])[];
}

function beside(base: readonly string[], side: string | null): Beside {
  if (side === null) return { kept: [], inserted: [] };
  const kept: (string | null)[] = [];
  const inserted: string[][] = [[]];
  for (const { before, after } of pairLines(base, linesOf(side), leastSimilarity)) {
    if (before !== null) {
      kept.push(after);
      inserted.push([]);
    } else if (after !== null) inserted.at(-1)?.push(after);
  }
  return { kept, inserted };
}

function cellOf(base: string, side: string | null | undefined): Cell {
  if (side === undefined) return blank;
  if (side === null) return { type: "removed" };
  return side === base ? whole("same", side) : changed(comparePieces(base, side).after);
}

// Both may have put in the same lines, or different ones: these stand side by side too.
function insertedRows(left: readonly string[], right: readonly string[]): readonly Row[] {
  return pairLines(left, right, 0).map(({ before, after }) => [
    before === null ? blank : whole("added", before),
    blank,
    after === null ? blank : whole("added", after),
  ]);
}

function baseCell(base: string, sides: readonly (string | null | undefined)[]): Cell {
  return { type: "line", change: "base", pieces: basePieces(base, sides) };
}

/** The line of the base in pieces; changed is what one of the sides no longer has. */
function basePieces(base: string, sides: readonly (string | null | undefined)[]): readonly Piece[] {
  const isGone = new Array<boolean>(base.length).fill(false);
  for (const side of sides) {
    if (side === undefined || side === base) continue;
    if (side === null) return [{ text: base, isChanged: true }];
    let start = 0;
    for (const { text, isChanged } of comparePieces(base, side).before) {
      if (isChanged) isGone.fill(true, start, start + text.length);
      start += text.length;
    }
  }
  const pieces: Piece[] = [];
  let start = 0;
  for (let end = 1; end <= base.length; end++) {
    if (isGone[end] === isGone[start] && end < base.length) continue;
    pieces.push({ text: base.slice(start, end), isChanged: isGone[start] === true });
    start = end;
  }
  return pieces;
}

/** Beyond so many words that differ, a line counts as another one. */
const maxWordEdits = 400;

/** Two versions of a line, each in pieces; changed is what the other does not have. */
export function comparePieces(
  before: string,
  after: string,
): { readonly before: readonly Piece[]; readonly after: readonly Piece[] } {
  const changes = diffWordsWithSpace(before, after, { maxEditLength: maxWordEdits });
  if (changes === undefined) {
    return { before: [{ text: before, isChanged: true }], after: [{ text: after, isChanged: true }] };
  }
  const pieces = (isOther: "added" | "removed") =>
    changes
      .filter((change) => !change[isOther])
      .map(({ value, added, removed }) => ({ text: value, isChanged: added || removed }));
  return { before: pieces("added"), after: pieces("removed") };
}
