import { alignOne, alignThree, alignTwo, type Row } from "./panes-align.js";
import { columnsOf, leastColumns } from "./panes-columns.js";
import { stackOfChanges, stackOfOne, stackOfTwo } from "./panes-stack.js";

/** One text of a conflict. */
export interface PaneSide {
  /** Who and when; each of its lines begins a new one. */
  readonly title: string;
  /** Null: removed. */
  readonly source: string | null;
}

/** The texts of a conflict; `base`: what was there before both, if that is known. */
export interface PaneSides {
  readonly base: PaneSide | null;
  readonly mine: PaneSide;
  readonly theirs: PaneSide;
}

/** About two screens: what is longer reads better in lines of full length. */
const mostRows = 60;

/**
 * The texts of a conflict as a terminal shows them, no line wider than `columns` (at least 20): side by side, lines
 * that belong together in one row, or one below the other where that is too narrow or too long. Signs say what became
 * of each line (`~` changed, `+` added, `-` removed), colours which words; long unchanged stretches are left out.
 */
export function panes({ base, mine, theirs }: PaneSides, columns: number): string {
  const before = base?.source ?? null;
  // A base that was removed has nothing to compare with.
  if (base === null || before === null) {
    const rows = () => alignTwo(mine.source, theirs.source);
    return drawn([mine, theirs], rows, columns, () => stackOfTwo(mine, theirs, columns));
  }
  const rows = () => alignThree(mine.source, before, theirs.source);
  return drawn([mine, base, theirs], rows, columns, () =>
    stackOfChanges(base.title, before, [mine, theirs], columns),
  );
}

/** What became of one text, as `panes` shows it; `before` is not removed. */
export function changePanes(
  before: { readonly title: string; readonly source: string },
  after: PaneSide,
  columns: number,
): string {
  const rows = () => alignOne(before.source, after.source);
  return drawn([before, after], rows, columns, () =>
    stackOfChanges(before.title, before.source, [after], columns),
  );
}

/** A text that is compared with nothing, under its title. */
export function textAlone(side: PaneSide, columns: number): string {
  return stackOfOne(side, columns).join("\n");
}

function drawn(
  sides: readonly PaneSide[],
  rows: () => readonly Row[],
  columns: number,
  stack: () => readonly string[],
): string {
  if (columns < leastColumns(sides.length)) return stack().join("\n");
  const lines = columnsOf(sides, rows(), columns);
  return (lines.length > mostRows ? stack() : lines).join("\n");
}
