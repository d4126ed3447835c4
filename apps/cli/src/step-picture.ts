import { paint } from "./paint.js";
import { changePanes, type PaneSide, panes } from "./panes.js";
import { onePiece } from "./panes-line.js";
import { wrapPieces } from "./panes-text.js";
import { namesOf, oneLine, twoSides } from "./step-choices.js";
import type { StepConflict } from "./step-through.js";
import { localTime, sentence, someOf } from "./wording.js";

type Head = StepConflict["heads"][number];

/** How far one is in the list; `index` counts from 0. */
export interface StepProgress {
  readonly index: number;
  readonly count: number;
}

/** A conflict before the question: which one it is, what happened, and its texts within `columns`. */
export function pictureOf(conflict: StepConflict, { index, count }: StepProgress, columns: number): string {
  const { kind, location, dependents, earlier } = conflict;
  const heading = [`${index + 1} of ${count}`, kind, oneLine(location)];
  if (dependents.length > 0) heading.push(`used by ${dependents.length}`);
  const write = (text: string, style = (line: string) => line) => wrapped(text, columns).map(style);
  const lines = ["", ...write(heading.join(" · "), paint.bold), ...write(sentence(whatHappened(conflict)))];
  if (kind === "dependency" && dependents.length > 0) {
    lines.push(...write(`Used by: ${someOf(dependents.map(oneLine), shownDependents)}`));
  }
  if (earlier !== null) {
    lines.push(...write(`Chosen before: ${oneLine(earlier)}. The sides have changed since.`, paint.yellow));
  }
  return [...lines, "", ...drawTexts(conflict, columns)].join("\n");
}

function wrapped(text: string, columns: number): readonly string[] {
  return wrapPieces(onePiece(text), columns).map(({ pieces }) => pieces.map((piece) => piece.text).join(""));
}

const shownDependents = 5;

/** Who did what, in words. */
export function whatHappened({ kind, heads }: StepConflict): string {
  const who = namesOf(heads);
  switch (kind) {
    case "edit-edit":
      return `${who} changed it, each in their own way`;
    case "edit-delete":
      return `${namesOf(heads.filter(isText))} changed it, ${namesOf(heads.filter((head) => !isText(head)))} removed it`;
    case "both-created":
      return `${who} each made a definition of this name`;
    case "kind-changed":
      return `${who} changed it, and not all made the same kind of it`;
    case "move-move":
      return `${who} moved it to different places`;
    case "name-taken":
      return `${who} put different definitions in this place`;
    case "dependency":
      return `${who} ${heads.every(({ source }) => source === null) ? "removed" : "changed"} what others use`;
    default:
      return `${who} disagree`;
  }
}

function isText({ source }: Head): boolean {
  return source !== null;
}

/** The texts of a conflict within `columns`, in lines. */
export function drawTexts(conflict: StepConflict, columns: number): readonly string[] {
  const { heads, base, kind } = conflict;
  const [first, second] = heads;
  if (kind === "move-move" && heads.every(({ source }) => source === first?.source)) {
    return ["The text is the same on all sides.", ""];
  }
  if (first !== undefined && second !== undefined && heads.length === 2) {
    const { mine, theirs } = twoSides(conflict) ?? { mine: first, theirs: second };
    const before = base === null ? null : { title: "Before both", source: base.source };
    return [panes({ base: before, mine: paneOf(mine), theirs: paneOf(theirs) }, columns), ""];
  }
  const drawn = manyTexts(conflict, columns);
  return drawn.flatMap((text) => [text, ""]);
}

/** The texts where there are not two: each beside the base, or beside the first. */
function manyTexts({ heads, base }: StepConflict, columns: number): readonly string[] {
  const [first, ...others] = heads;
  if (first === undefined) return [];
  if (base === null || base.source === null) {
    return others.map((head) => panes({ base: null, mine: paneOf(first), theirs: paneOf(head) }, columns));
  }
  const before = { title: "Before", source: base.source };
  // Of many, those that removed it are named above.
  const shown = others.length === 0 ? [first] : heads.filter(isText);
  return shown.map((head) => changePanes(before, paneOf(head), columns));
}

function paneOf({ author, isMine, time, source }: Head): PaneSide {
  const when = time === null ? "" : `\n${localTime(Date.parse(time))}`;
  return { title: `${isMine ? "Mine" : "Theirs"}: ${author}${when}`, source };
}
