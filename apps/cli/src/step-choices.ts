import { dependencySides } from "./step-dependency.js";
import type { StepChoice, StepConflict } from "./step-through.js";
import { localTime } from "./wording.js";

/** What a line of the list stands for: a choice, or a way to make a text. */
export type StepAction = StepChoice | { readonly type: "edit" } | { readonly type: "merge-tool" };

/** A line of the list. */
export interface StepOption {
  /** The letter that goes to it; null: there are more lines than letters. */
  readonly letter: string | null;
  readonly label: string;
  /** What it comes to, where the label does not say all. */
  readonly hint: string | null;
  readonly action: StepAction;
}

/** What a text can be made with. */
export interface StepTools {
  readonly editor: string;
  /** Null: none is set up. */
  readonly mergeTool: string | null;
  /** Whether there is a text that a person wrote and that could not be taken. */
  readonly hasDraft: boolean;
}

type Head = StepConflict["heads"][number];

/** What can be done about a conflict, the likeliest first; only what makes sense for its kind. */
export function stepOptions(conflict: StepConflict, tools: StepTools): readonly StepOption[] {
  return [...draftOption(tools), ...settling(conflict, tools), skip, stop];
}

/** The two heads of a conflict where one is this device's member's and one is not; else null. */
export function twoSides({ heads }: StepConflict): { readonly mine: Head; readonly theirs: Head } | null {
  const mine = heads.filter((head) => head.isMine);
  const theirs = heads.filter((head) => !head.isMine);
  const [own, other] = [mine[0], theirs[0]];
  if (heads.length !== 2 || own === undefined || other === undefined) return null;
  return { mine: own, theirs: other };
}

/**
 * The heads whose texts a merge begins with: all that have one, of two sides mine first, of more the first two; of a
 * dependency those of the definition that uses what was changed.
 */
export function mergedHeads(conflict: StepConflict): readonly Head[] {
  if (conflict.kind === "dependency")
    return dependencySides(conflict)
      .users.filter(({ source }) => source !== null)
      .slice(0, 2);
  const pair = twoSides(conflict);
  const heads = pair === null ? conflict.heads : [pair.mine, pair.theirs];
  return heads.filter(({ source }) => source !== null).slice(0, 2);
}

/** Who made these heads, in words; `you` comes first. */
export function namesOf(heads: readonly Head[]): string {
  const others = heads.filter(({ isMine }) => !isMine).map(({ author }) => oneLine(author));
  const names = [...new Set(others.length === heads.length ? others : ["you", ...others])];
  const last = names.pop() ?? "nobody";
  return names.length === 0 ? last : `${names.join(", ")} and ${last}`;
}

/** A text from elsewhere on one line, and without what a terminal would obey. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\u{fffd}");
}

function settling(conflict: StepConflict, tools: StepTools): readonly StepOption[] {
  switch (conflict.kind) {
    case "dependency":
      return [
        option("a", "Accept it as it is", { type: "accept" }, "what uses it is not listed again for this"),
        ...editingUser(conflict, tools),
      ];
    case "move-move":
      return [...sides(conflict), allPlaces];
    case "edit-delete":
      return [...sides(conflict), ...editing(conflict, tools), ...base(conflict)];
    case "name-taken":
    case "kind-changed":
      return [...sides(conflict), ...both(conflict), ...editing(conflict, tools), ...base(conflict)];
    case "both-created":
      return [...sides(conflict), ...both(conflict), ...merging(conflict, tools)];
    default:
      return [...sides(conflict), ...merging(conflict, tools), ...base(conflict)];
  }
}

/** One line for each side; by author where there is no mine and theirs. */
function sides(conflict: StepConflict): readonly StepOption[] {
  const pair = twoSides(conflict);
  if (pair !== null) {
    return [
      option("m", sideLabel(conflict, pair.mine), { type: "mine" }),
      option("t", sideLabel(conflict, pair.theirs), { type: "theirs" }),
    ];
  }
  const removers = conflict.heads.filter(({ source }) => source === null);
  const listed = conflict.heads.flatMap((head, index) => {
    if (head.source === null) return [];
    const time = head.time === null ? "" : `, ${localTime(Date.parse(head.time))}`;
    const letter = index < lastDigit ? String(index + 1) : null;
    return [option(letter, `${sideLabel(conflict, head)}${time}`, { type: "head", index })];
  });
  if (removers.length === 0) return listed;
  return [...listed, option("d", `Let it go (${namesOf(removers)} removed it)`, { type: "delete" })];
}

const lastDigit = 9;

function sideLabel(conflict: StepConflict, head: Head): string {
  if (conflict.kind === "move-move") {
    return `Keep it at ${oneLine(head.location)} (${head.isMine ? "your" : whose(head)} move)`;
  }
  if (head.source === null) return `Let it go (${namesOf([head])} removed it)`;
  if (conflict.heads.some(({ source }) => source === null)) {
    return `Keep it, with ${head.isMine ? "your" : whose(head)} edit`;
  }
  if (!head.isMine) return `Take ${whose(head)}`;
  return twoSides(conflict) === null ? "Keep yours" : "Keep mine";
}

function both(conflict: StepConflict): readonly StepOption[] {
  const pair = twoSides(conflict);
  if (pair === null || pair.mine.source === null || pair.theirs.source === null) return [];
  return [option("b", `Keep both: ${whose(pair.theirs)} under a new name`, { type: "both" })];
}

const allPlaces = option("b", "Keep all places", { type: "both" }, "each goes on by itself");

function base({ base: before }: StepConflict): readonly StepOption[] {
  if (before === null) return [];
  const label =
    before.source === null ? "Leave the place empty, as before both" : "Put back the text before both";
  return [option("o", label, { type: "base" }, "neither side's change stays")];
}

function merging(conflict: StepConflict, tools: StepTools): readonly StepOption[] {
  const edit = editing(conflict, tools);
  if (tools.mergeTool === null || conflict.heads.length !== 2) return edit;
  return [...edit, option("g", `Merge in ${tools.mergeTool}`, { type: "merge-tool" }, "your merge tool")];
}

function editing(conflict: StepConflict, { editor, hasDraft }: StepTools): readonly StepOption[] {
  if (hasDraft) return [];
  const [first, second] = mergedHeads(conflict);
  if (first === undefined) return [];
  const isAll = conflict.heads.length === 2;
  const what =
    second === undefined ? "text" : isAll ? "merge" : `merge of ${whose(first)} and ${whose(second)}`;
  return [option("e", `Edit the ${what} in ${editor}`, { type: "edit" })];
}

/** Of a dependency: the definition that uses what was changed, to fit it to that. */
function editingUser(conflict: StepConflict, { editor, hasDraft }: StepTools): readonly StepOption[] {
  if (hasDraft || mergedHeads(conflict).length === 0) return [];
  return [option("e", `Edit ${oneLine(conflict.location)} in ${editor}`, { type: "edit" })];
}

function whose({ author, isMine }: Head): string {
  return isMine ? "yours" : `${oneLine(author)}'s`;
}

function draftOption({ editor, hasDraft }: StepTools): readonly StepOption[] {
  return hasDraft ? [option("e", `Edit your text again in ${editor}`, { type: "edit" })] : [];
}

const skip = option("s", "Skip", { type: "skip" }, "it stays listed; nothing waits for it");
const stop = option("q", "Stop here", { type: "stop" }, "the rest stays listed");

function option(letter: string | null, label: string, action: StepAction, hint?: string): StepOption {
  return { letter, label, action, hint: hint ?? null };
}
