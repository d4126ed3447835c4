import { paint } from "./paint.js";
import { changePanes, type PaneSide, panes, textAlone } from "./panes.js";
import { onePiece } from "./panes-line.js";
import { wrapPieces } from "./panes-text.js";
import { namesOf, oneLine, twoSides } from "./step-choices.js";
import { dependencySides } from "./step-dependency.js";
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

/** A sentence in lines of at most `columns`. */
export function wrapped(text: string, columns: number): readonly string[] {
  return wrapPieces(onePiece(text), columns).map(({ pieces }) => pieces.map((piece) => piece.text).join(""));
}

const shownDependents = 5;

/** Who did what, in words. */
export function whatHappened(conflict: StepConflict): string {
  const { kind, heads } = conflict;
  const who = namesOf(heads);
  switch (kind) {
    case "edit-edit":
      return `${who} changed it, each in their own way`;
    case "edit-delete":
      return editDeleteWords(conflict);
    case "both-created":
      return `${who} each made a definition of this name`;
    case "kind-changed":
      return `${who} changed it, and not all made the same kind of it`;
    case "move-move":
      return placesOf(heads);
    case "name-taken":
      return mineFirst(heads).map(arrivalWords).join(", ");
    case "dependency":
      return dependencyWords(conflict);
    default:
      return `${who} disagree`;
  }
}

function editDeleteWords({ heads, base }: StepConflict): string {
  const [kept, removed] = [heads.filter(isText), heads.filter((head) => !isText(head))];
  const isMoved = (head: Head) =>
    head.source === base?.source && removed.every(({ location }) => location !== head.location);
  const deed = kept.every(isMoved) ? `moved it to ${oneLine(kept[0]?.location ?? "")}` : "changed it";
  return `${namesOf(kept)} ${deed}, ${namesOf(removed)} removed it`;
}

/** Who moved it where. */
function placesOf(heads: readonly Head[]): string {
  const places = [...Map.groupBy(heads, ({ location }) => location)];
  const own = places.filter(([, at]) => at.some(({ isMine }) => isMine));
  const others = places.filter((place) => !own.includes(place));
  return [...own, ...others]
    .map(([location, at], index) => `${namesOf(at)}${index === 0 ? " moved it" : ""} to ${oneLine(location)}`)
    .join(", ");
}

function mineFirst(heads: readonly Head[]): readonly Head[] {
  return [...heads.filter(({ isMine }) => isMine), ...heads.filter(({ isMine }) => !isMine)];
}

/** How a definition came to a place that another one has too. */
function arrivalWords(head: Head): string {
  const { author, isMine, moved } = head;
  if (head.source === null) return `${namesOf([head])} removed one here`;
  if (moved === null) return `${namesOf([head])} made one here`;
  const mover = namesOf([{ ...head, author: moved.author, isMine: moved.isMine }]);
  const isSame = moved.isMine === isMine && (isMine || moved.author === author);
  const edited = isSame ? "" : ` (changed by ${namesOf([head])})`;
  return `${mover} moved ${oneLine(moved.from)} here${edited}`;
}

function dependencyWords(conflict: StepConflict): string {
  const { users, changers } = dependencySides(conflict);
  const deed = changers.every(({ source }) => source === null) ? "removed" : "changed";
  const [user] = users;
  if (user === undefined) return `${namesOf(changers)} ${deed} what others use`;
  const what = oneLine(changers[0]?.location ?? "");
  return `${namesOf(changers)} ${deed} ${what}, which ${oneLine(user.location)} (by ${namesOf(users)}) uses`;
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
  if (kind === "dependency") return dependencyTexts(conflict, columns);
  if (first !== undefined && second !== undefined && heads.length === 2) {
    const { mine, theirs } = twoSides(conflict) ?? { mine: first, theirs: second };
    const before = base === null ? null : { title: "Before both", source: base.source };
    return [panes({ base: before, mine: paneOf(mine), theirs: paneOf(theirs) }, columns), ""];
  }
  const drawn = manyTexts(conflict, columns);
  return drawn.flatMap((text) => [text, ""]);
}

/** What became of the definition, and below it what uses it: two definitions are not to be compared. */
function dependencyTexts(conflict: StepConflict, columns: number): readonly string[] {
  const { users, changers } = dependencySides(conflict);
  const alone = (head: Head) => textAlone(paneOf(head), columns);
  const changed =
    conflict.base === null ? changers.map(alone) : manyTexts({ ...conflict, heads: changers }, columns);
  return [...changed, ...users.map(alone)].flatMap((text) => [text, ""]);
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
