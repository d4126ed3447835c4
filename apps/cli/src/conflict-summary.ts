import type { DetailedConflict } from "@darksync/runtime/conflict/details";
import { type ConflictSummary, type Count, summarize } from "@darksync/runtime/conflict/summary";
import { paint } from "./paint.js";
import { oneLine } from "./step-choices.js";
import { countOf, shellWord, shortId } from "./wording.js";

/** More than a screen of conflicts reads better as a summary. */
export const mostListed = 20;

const shownGroups = 8;
const shownConflicts = 10;

/** Many conflicts for people: how many where and by whom, what matters most, and what settles groups of them. */
export function conflictSummary(conflicts: readonly DetailedConflict[]): readonly string[] {
  const summary = summarize(conflicts);
  return [
    `${countOf(summary.total, "conflict")}.`,
    "",
    paint.bold("By module"),
    ...groupLines(summary.modules),
    "",
    paint.bold("By author"),
    ...groupLines(summary.authors),
    "",
    paint.bold("The most depended on"),
    ...summary.ranked.slice(0, shownConflicts).map(rankedLine),
    "",
    paint.bold("Settle groups of them (--dry-run tells what would be done)"),
    ...groupCommands(summary),
    "",
    "One by one: darklang conflicts resolve · All of them: darklang conflicts --list",
  ];
}

/** The same in a line or two, for the end of a sync. */
export function shortSummary(conflicts: readonly DetailedConflict[]): readonly string[] {
  const summary = summarize(conflicts);
  const { modules, authors } = summary;
  const [command] = groupCommands(summary);
  return [
    `Conflicts: ${someCounts(modules, "in")}; ${someCounts(authors, "with")}.`,
    ...(command === undefined ? [] : [`For example: ${command}`]),
  ];
}

const shortGroups = 3;

function someCounts(counts: readonly Count[], word: "in" | "with"): string {
  const shown = counts.slice(0, shortGroups).map(({ name, count }) => `${count} ${word} ${oneLine(name)}`);
  const rest = counts.length - shown.length;
  return shown.join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

function groupLines(counts: readonly Count[]): readonly string[] {
  const rest = counts.slice(shownGroups);
  const inRest = rest.reduce((sum, { count }) => sum + count, 0);
  const width = String(Math.max(inRest, counts[0]?.count ?? 0)).length;
  const lines = counts
    .slice(0, shownGroups)
    .map(({ name, count }) => `  ${String(count).padStart(width)}  ${oneLine(name)}`);
  if (rest.length === 0) return lines;
  return [...lines, `  ${String(inRest).padStart(width)}  in ${rest.length} more`];
}

function rankedLine({ conflict, dependents }: DetailedConflict): string {
  const { id, kind, location } = conflict;
  const used = dependents.length === 0 ? "" : `  used by ${dependents.length}`;
  return `  ${shortId(id)}  ${kind.padEnd(12)}  ${oneLine(location)}${used}`;
}

/** Commands that settle the largest groups, ready to be copied. */
function groupCommands({ modules, authors, kinds }: ConflictSummary): readonly string[] {
  const resolve = "darklang conflicts resolve --all --rule";
  const [module] = modules;
  const [author] = authors;
  const deletions = kinds.find(({ name }) => name === "edit-delete");
  return [
    ...(module === undefined ? [] : [`${resolve} theirs --in ${shellWord(module.name)}`]),
    ...(author === undefined ? [] : [`${resolve} theirs --by ${shellWord(author.name)}`]),
    ...(deletions === undefined ? [] : [`${resolve} keep-edit-over-delete --kind edit-delete`]),
    `${resolve} mine`,
  ];
}
