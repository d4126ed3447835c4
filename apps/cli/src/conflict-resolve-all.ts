import type { ConflictKind } from "@darksync/core/conflict";
import { resolveAll } from "@darksync/runtime/conflict/resolve";
import type { Rule } from "@darksync/runtime/conflict/rule";
import type { Left, Settled, Settlement } from "@darksync/runtime/conflict/settlement";
import type { Side } from "@darksync/runtime/conflict/side";
import type { Answer } from "./command.js";
import { type FilterOptions, filterOf } from "./conflict-list.js";
import { remainingIn, remainingWords } from "./conflict-resolve.js";
import { unwrap } from "./problem-error.js";
import type { Space } from "./space.js";
import { oneLine } from "./step-choices.js";
import { countOf, shortId } from "./wording.js";

/** Settles all conflicts that are meant and that a rule has an answer for; or tells what that would do. */
export async function resolveByRule(
  space: Space,
  rule: Rule,
  options: FilterOptions & { readonly dryRun?: true },
): Promise<Answer> {
  const isDryRun = options.dryRun === true;
  const settlement = unwrap(
    await resolveAll(space.replica, filterOf(options), rule, isDryRun ? "dry-run" : "write"),
  );
  const { settled, left, changes } = settlement;
  const remaining = remainingIn(space);
  return {
    json: {
      resolved: settled.map(({ conflict }) => conflict.id),
      change: changes.at(-1) ?? null,
      changes,
      remaining,
      left: left.map(({ conflict, reason }) => ({ id: conflict.id, reason })),
      ...(isDryRun ? { dryRun: true, would: settled.map(wouldJson) } : {}),
    },
    text: isDryRun ? dryRunText(settlement, rule) : settledText(settlement, rule, remaining),
  };
}

const shownLines = 20;

function dryRunText({ settled, left }: Settlement, rule: Rule): string {
  if (settled.length + left.length === 0) return "There are no such conflicts.";
  const lines = settled.map((each) => {
    const { id, location } = each.conflict;
    return `  ${shortId(id)}  ${oneLine(location)}: ${outcomeWords(each)}`;
  });
  return [
    `The rule ${rule} would settle ${countOf(settled.length, "conflict")}:`,
    ...shortened(lines),
    ...leftLines(left),
    "Nothing was written.",
  ].join("\n");
}

/** What a dry run found, for scripts. `hash` null: nothing would stand there. */
function wouldJson({ conflict, decision, choice, madeAt }: Settled): Readonly<Record<string, unknown>> {
  const { id, location } = conflict;
  const side = sideThatStays(decision);
  const place = side?.place ?? location;
  return { id, location, choice, place, hash: side === null ? null : hashOf(side), newNames: madeAt };
}

function outcomeWords({ conflict, decision, madeAt }: Settled): string {
  switch (decision.type) {
    case "keep":
      return keptWords(decision.side, conflict.kind);
    case "both": {
      if (madeAt.length === 0) return "all places stay";
      const others = madeAt.length === 1 ? "the other" : "the others";
      return `${keptWords(decision.kept, conflict.kind)} stays, ${others} as ${madeAt.map(oneLine).join(", ")}`;
    }
    case "base":
    case "delete":
    case "accept":
    case "text":
      return decision.type;
  }
}

/** The side that a decision leaves where it is; null: it chooses none. */
function sideThatStays(decision: Settled["decision"]): Side | null {
  switch (decision.type) {
    case "keep":
      return decision.side;
    case "both":
      return decision.kept;
    case "base":
    case "delete":
    case "accept":
    case "text":
      return null;
  }
}

/** A side by its hash, and by its place where that is the question. */
function keptWords(side: Side, kind: ConflictKind): string {
  const whose = side.isMine ? "yours" : "theirs";
  const hash = hashOf(side);
  if (hash === null) return `removed (${whose})`;
  const at = kind === "move-move" ? ` at ${oneLine(side.place)}` : "";
  return `${shortId(hash)} (${whose})${at}`;
}

function hashOf({ heads: [head] }: Side): string | null {
  return head?.value.type === "definition" ? head.value.hash : null;
}

function settledText({ settled, left }: Settlement, rule: Rule, remaining: number): string {
  if (settled.length + left.length === 0) return "There are no such conflicts.";
  const made = settled.flatMap(({ conflict, madeAt }) =>
    madeAt.map((place) => `  ${oneLine(place)} holds the other ${oneLine(conflict.location)}`),
  );
  return [
    `${countOf(settled.length, "conflict")} settled by the rule ${rule}. ${remainingWords(remaining)}`,
    ...shortened(made),
    ...leftLines(left),
    ...(settled.length === 0 ? [] : ["`darklang undo` takes it back."]),
  ].join("\n");
}

/** Those that were left, by why. */
function leftLines(left: readonly Left[]): readonly string[] {
  if (left.length === 0) return [];
  const groups = [...Map.groupBy(left, ({ reason }) => reason)].map(([reason, members]) => {
    const [first] = members;
    const where = first === undefined ? "" : oneLine(first.conflict.location);
    const more = members.length > 1 ? ` and ${members.length - 1} more` : "";
    return `  ${where}${more}: ${reason}`;
  });
  return [`${countOf(left.length, "conflict")} left, without one answer:`, ...groups];
}

function shortened(lines: readonly string[]): readonly string[] {
  const rest = lines.length - shownLines;
  return rest > 0 ? [...lines.slice(0, shownLines), `  and ${rest} more`] : lines;
}
