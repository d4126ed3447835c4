import type { Assignment } from "@darksync/core/register";
import {
  type DetailedConflict,
  type DetailedHead,
  detailConflicts,
  type HeadMove,
} from "@darksync/runtime/conflict/details";
import type { EarlierChoice } from "@darksync/runtime/conflict/earlier";
import { renderText } from "@darksync/runtime/read/definition";
import { soundText } from "@darksync/runtime/read/sound-text";
import type { Replica } from "@darksync/runtime/replica/replica";
import type { ReplicaTables } from "@darksync/runtime/store/store";
import { commonPorts } from "./common-ports.js";
import { settleLines } from "./conflict-settle-lines.js";
import { supersededLine } from "./conflict-words.js";
import { isoTime } from "./queue-text.js";
import { oneLine } from "./step-choices.js";
import { drawTexts, whatHappened, wrapped } from "./step-picture.js";
import type { StepConflict } from "./step-through.js";
import { localTime, sentence, shortId, someOf } from "./wording.js";

/** One side of a conflict; `hash` and `source` null: deleted. */
export interface HeadView {
  readonly hash: string | null;
  readonly source: string | null;
  readonly author: string;
  readonly time: string | null;
  /** Where it was written: an edit may have followed a move. */
  readonly location: string;
  /** Id of the change that wrote it. */
  readonly change: string;
  /** Whether this device's member wrote it. */
  readonly mine: boolean;
  /** How the definition came to a place that is taken twice; null: it was made there. */
  readonly moved: HeadMove | null;
}

/** A conflict with its texts and all there is to tell of it. */
export interface ConflictView {
  readonly id: string;
  readonly kind: string;
  readonly location: string;
  readonly locations: readonly string[];
  readonly branch: string;
  readonly heads: readonly HeadView[];
  readonly base: { readonly hash: string | null; readonly source: string | null } | null;
  readonly dependents: readonly string[];
  readonly earlier: {
    readonly choice: string;
    readonly rule: string;
    readonly author: string;
    readonly time: string | null;
  } | null;
  /** A rule chosen beforehand. */
  readonly planned: string | null;
  /** Why the plan did not settle it. */
  readonly plannedReason: string | null;
  /** A word to whoever edited what another one removed, or null. */
  readonly superseded: string | null;
}

/** A conflict with its sides' texts. */
export function conflictView(
  tables: ReplicaTables,
  { conflict, heads, dependents, earlier, planned }: DetailedConflict,
): ConflictView {
  const { id, kind, location, locations, base } = conflict;
  return {
    id,
    kind,
    location,
    locations,
    branch: tables.packages.branch,
    heads: heads.map((head) => headView(tables, head)),
    base: base === null ? null : textView(tables, baseLocationOf(conflict), base),
    dependents,
    earlier: earlier === null ? null : earlierView(earlier),
    planned: planned?.rule ?? null,
    plannedReason: planned?.reason ?? null,
    superseded: supersededLine(conflict, heads),
  };
}

/** Of a `dependency` the base is what the other definition was. */
function baseLocationOf({ kind, location, locations }: DetailedConflict["conflict"]): string {
  return kind === "dependency" ? (locations.find((other) => other !== location) ?? location) : location;
}

/** A conflict as scripts see it: the same on every replica, but for what was planned. */
export function conflictJson({
  heads,
  superseded: _word,
  ...view
}: ConflictView): Readonly<Record<string, unknown>> {
  return {
    ...view,
    heads: heads.map(({ mine: _mine, moved, ...head }) => ({ ...head, movedFrom: moved?.from ?? null })),
  };
}

/** One conflict with all there is to tell. */
export function viewConflict(
  replica: Replica,
  tables: ReplicaTables,
  conflict: DetailedConflict["conflict"],
): ConflictView {
  const [details] = detailConflicts(replica, tables, [conflict]);
  if (details === undefined) throw new Error("a conflict without details");
  return conflictView(tables, details);
}

function headView(tables: ReplicaTables, head: DetailedHead): HeadView {
  const { author, timeMs, location, change, isMine, moved } = head;
  return {
    ...textView(tables, location, head),
    author,
    time: isoTime(timeMs),
    location,
    change,
    mine: isMine,
    moved,
  };
}

function textView(
  tables: ReplicaTables,
  location: string,
  { value }: Assignment<"name">,
): Pick<HeadView, "hash" | "source"> {
  if (value.type === "nothing") return { hash: null, source: null };
  const text = soundText(commonPorts, tables, value.hash);
  return { hash: value.hash, source: text === null ? null : renderText(location, text) };
}

function earlierView({ choice, rule, author, timeMs }: EarlierChoice): NonNullable<ConflictView["earlier"]> {
  return { choice, rule, author, time: isoTime(timeMs) };
}

/** The conflict as a person settles it at the terminal. */
export function stepConflictOf(view: ConflictView): StepConflict {
  const { id, kind, location, dependents, base } = view;
  return {
    id,
    kind,
    location,
    heads: view.heads.map(({ author, time, hash, source, mine, moved, location: place }) => ({
      author,
      time,
      source: hash === null ? null : (source ?? textMissing),
      isMine: mine,
      location: place,
      moved,
    })),
    base: base === null ? null : { source: base.hash === null ? null : (base.source ?? textMissing) },
    dependents,
    earlier: view.earlier === null ? null : earlierWords(view.earlier),
  };
}

const textMissing = "// The text is not on this device.";

/** Who chose what, and when, before a head came that had not seen it. */
export function earlierWords({ choice, rule, author, time }: NonNullable<ConflictView["earlier"]>): string {
  const when = time === null ? "" : `, ${localTime(Date.parse(time))}`;
  return `${author} chose ${choiceWords(choice)}${rule === "" ? "" : ` by the rule ${rule}`}${when}`;
}

function choiceWords(choice: string): string {
  switch (choice) {
    case "mine":
      return "their own side";
    case "theirs":
      return "the other side";
    case "base":
      return "the text before both";
    case "delete":
      return "to let it go";
    case "head":
      return "one side";
    case "file":
      return "a new text";
    case "both":
      return "to keep both";
    case "accept":
      return "to accept it";
    default:
      return choice;
  }
}

const shownDependents = 5;

/** A conflict for people, within `columns`. */
export function describeConflict(view: ConflictView, columns: number): string {
  const { id, kind, location, dependents, earlier } = view;
  const step = stepConflictOf(view);
  const lines = [
    `${shortId(id)}  ${kind}  ${oneLine(location)}`,
    ...wrapped(sentence(whatHappened(step)), columns),
    ...(earlier === null ? [] : [`${sentence(earlierWords(earlier))} The sides have changed since.`]),
    ...plannedLines(view),
    "",
    ...drawTexts(step, columns),
  ];
  if (dependents.length > 0)
    lines.push(...wrapped(`Used by: ${someOf(dependents, shownDependents)}`, columns));
  if (view.superseded !== null) lines.push(view.superseded);
  return [...lines, ...settleLines(view, columns)].join("\n");
}

/** What was planned for a conflict, and why it is open all the same. */
export function plannedLines({ planned, plannedReason }: ConflictView): readonly string[] {
  return planned === null ? [] : [`Planned: ${planned}; not applied: ${plannedReason}.`];
}
