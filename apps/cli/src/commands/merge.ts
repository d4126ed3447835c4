import type { BranchId } from "@darksync/core/branch";
import { mainBranch } from "@darksync/core/conflict";
import type { Location } from "@darksync/core/location";
import { type BranchMerge, everythingHere, mergeBranch } from "@darksync/runtime/branch/merge-branch";
import { onBranch, tablesOnBranch } from "@darksync/runtime/branch/on-branch";
import { listConflicts } from "@darksync/runtime/read/conflicts";
import type { Replica } from "@darksync/runtime/replica/replica";
import type { ReplicaTables } from "@darksync/runtime/store/store";
import type { Command } from "commander";
import { branchWorkedOn } from "../branch-find.js";
import { checkUsable } from "../branch-space.js";
import { commandOn, labelIn } from "../branch-words.js";
import { type Answer, inWholeSpace } from "../command.js";
import { conflictLines } from "../conflict-lines.js";
import { paint } from "../paint.js";
import { unwrap } from "../problem-error.js";
import type { Space } from "../space.js";
import { countOf } from "../wording.js";

export function addMerge(program: Command): void {
  program
    .command("merge")
    .description("take what the branch you are on changed into main, or the branch it is of")
    .option("--dry-run", "only say what would be done")
    .addHelpText(
      "after",
      `
Where both changed a definition and that cannot be merged, nothing is written:
settle the conflicts on the branch, then merge again. All of it works offline.
The branch stays, and can be merged again when more has come to it.

Examples:
  darklang merge --dry-run
  darklang merge
  darklang --branch fix-rounding merge`,
    )
    .action(
      inWholeSpace("writes", (space, _command, options: { readonly dryRun?: true }) =>
        runMerge(space, options.dryRun === true),
      ),
    );
}

async function runMerge(space: Space, isDryRun: boolean): Promise<Answer> {
  const { replica } = space;
  const branch = branchWorkedOn(space, "merge");
  unwrap(checkUsable(branch, isDryRun ? "reads" : "writes"));
  const merge = unwrap(await mergeBranch(replica, branch.id, isDryRun));
  const { into, removed } = replica.store.read((tables) => ({
    into: labelIn(space, tables, merge.into),
    removed: removedOf(replica, tables, branch.id, merge.merged),
  }));
  const { merged, conflicts, changes } = merge;
  const locations = conflicts.length > 0 ? conflicts.map(({ location }) => location) : merged;
  return {
    json: { merged: merged.length, conflicts: conflicts.length, into, changes, locations, removed },
    text: describe(space, branch.label, into, { ...merge, removed }, isDryRun).join("\n"),
  };
}

/** Those of the locations that the branch has removed, as it is with all that is here. */
function removedOf(
  replica: Replica,
  tables: ReplicaTables,
  id: BranchId,
  locations: readonly Location[],
): readonly Location[] {
  if (locations.length === 0) return [];
  const { packages } = tablesOnBranch(replica, tables, id, everythingHere(replica, tables, id));
  return locations.filter((location) => packages.nameRow(location)?.shown?.value.type !== "definition");
}

interface ToldMerge extends BranchMerge {
  readonly removed: readonly Location[];
}

function describe(
  space: Space,
  label: string,
  into: string,
  merge: ToldMerge,
  isDryRun: boolean,
): readonly string[] {
  const { merged, conflicts, changes } = merge;
  if (conflicts.length > 0) return describeConflicts(space, label, into, merge, isDryRun);
  if (merged.length === 0 && changes.length === 0) return [`${into} has all of ${label}: nothing to merge.`];
  const what = countOf(merged.length, "definition");
  if (isDryRun) {
    return [
      `${label} would go into ${into}, with no conflict: ${what}.`,
      ...locationLines(merge),
      `Their texts: ${commandOn(space, "diff")}`,
    ];
  }
  const next =
    into === mainBranch
      ? `${label} stays; to put it away: darklang branch archive ${label}`
      : `To take ${into} further: darklang --branch ${into} merge`;
  return [`Merged ${paint.bold(label)} into ${paint.bold(into)}: ${what}.`, ...locationLines(merge), next];
}

function describeConflicts(
  space: Space,
  label: string,
  into: string,
  { conflicts }: BranchMerge,
  isDryRun: boolean,
): readonly string[] {
  const [are, them] = conflicts.length === 1 ? ["is", "it"] : ["are", "them"];
  const count = countOf(conflicts.length, "conflict");
  const first = isDryRun
    ? `! ${label} and ${into} have ${count}; nothing would be written to ${into}:`
    : `! Not merged yet: ${count} ${are} to be settled on ${label}:`;
  const resolve = commandOn(space, "conflicts resolve");
  return [
    paint.yellow(first),
    ...conflictLines(conflicts),
    ...(isDryRun && !areOpenOn(space, conflicts)
      ? [`To have ${them} on ${label}: ${commandOn(space, "rebase")}`]
      : []),
    `To settle: ${resolve}`,
    `Then: ${commandOn(space, "merge")}`,
  ];
}

/** Whether the branch that is worked on has these conflicts already, without main as it is now. */
function areOpenOn({ replica, branch }: Space, conflicts: BranchMerge["conflicts"]): boolean {
  if (branch === null) return false;
  const there = onBranch(replica, branch.id);
  const open = there.store.read((tables) => listConflicts(there, tables).map(({ id }) => id));
  return conflicts.every(({ id }) => open.includes(id));
}

const shownLocations = 20;

function locationLines({ merged, removed }: ToldMerge): readonly string[] {
  const rest = merged.length - shownLocations;
  const isRemoved = new Set(removed);
  return [
    ...merged
      .slice(0, shownLocations)
      .map((location) => `  ${location}${isRemoved.has(location) ? " (removed)" : ""}`),
    ...(rest > 0 ? [`  and ${rest} more: --json lists all`] : []),
  ];
}
