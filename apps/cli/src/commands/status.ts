import { type BranchView, listBranches } from "@darksync/runtime/branch/branch-list";
import { currentBranch } from "@darksync/runtime/branch/current-branch";
import { lateChanges } from "@darksync/runtime/branch/late-changes";
import { type MergeState, mergeState } from "@darksync/runtime/branch/merge-state";
import { readFacts } from "@darksync/runtime/replica/replica";
import { lastProblem } from "@darksync/runtime/replica/sync-notes";
import type { ReplicaTables } from "@darksync/runtime/store/store";
import type { Command } from "commander";
import { branchConflictsJson, branchConflictsLine, conflictsOnBranches } from "../branch-conflicts.js";
import { commandOn, labelIn, lateText } from "../branch-words.js";
import { type Answer, inWholeSpace } from "../command.js";
import { lowDiskText } from "../disk.js";
import { lacksFirstSync } from "../first-sync.js";
import { paint } from "../paint.js";
import type { Space } from "../space.js";
import { countOf, shortId } from "../wording.js";

export function addStatus(program: Command): void {
  program
    .command("status")
    .description("show how this space stands to its relay")
    .addHelpText("after", "\nExample:\n  darklang status --json")
    .action(inWholeSpace("reads", (space) => runStatus(space)));
}

function runStatus(space: Space): Answer {
  const { replica, branch } = space;
  const { space: id, member, relay, strategy, only } = replica.store.read(readFacts);
  const { pending, conflicts, failed, workOffline } = space.status();
  const { late, inConflict } = replica.store.read((tables) => ({
    late: lateBranches(space, tables),
    inConflict: conflictsOnBranches(space, tables),
  }));
  const problem = replica.store.read(lastProblem);
  const low = lowDiskText(space.paths);
  const elsewhere = inConflict.filter(({ id: branchId }) => branchId !== branch?.id);
  const lines = [
    `Space ${shortId(id) || "(not joined yet)"} in ${space.paths.folder}, branch ${branch?.label ?? "main"}`,
    `You are ${paint.bold(member)}, on device ${shortId(replica.device)}`,
    ...replica.store.read((tables) => branchLines(space, tables)),
    relay === null
      ? "No relay. To link one: darklang sync --relay URL"
      : `Relay ${relay}, ${workOffline ? "working offline" : `${strategy} sync`}`,
    ...(problem === null ? [] : [paint.yellow(`The last sync failed: ${problem.message}`)]),
    ...(only.length > 0 ? [`Only the packages of ${only.join(", ")}`] : []),
    ...(low === null ? [] : [paint.yellow(`Attention: ${low}.`)]),
    ...pendingLines(space, pending),
    ...(failed > 0 ? [paint.red(`${failed} failed: darklang sync --status`)] : []),
    ...(conflicts > 0 ? [paint.yellow(`${countOf(conflicts, "conflict")}: darklang conflicts`)] : []),
    ...elsewhere.map(branchConflictsLine),
    ...late.map(({ branch: merged, changes }) => describeLate(space, merged, changes)),
  ];
  return {
    json: {
      branch: branch?.label ?? "main",
      pending,
      conflicts,
      requests: 0,
      notices: 0,
      space: id,
      member,
      device: replica.device,
      relay,
      strategy,
      isDiskLow: low !== null,
      branches: inConflict.map(branchConflictsJson),
      late: late.map(({ branch: merged, changes }) => ({ branch: merged.label, changes })),
    },
    text: lines.join("\n"),
  };
}

function pendingLines(space: Space, pending: number): readonly string[] {
  if (lacksFirstSync(space)) {
    return [
      paint.yellow("The first sync has not come to its end: not all may be here. `darklang sync` goes on."),
      `${countOf(pending, "change")} not known to be on the relay.`,
    ];
  }
  return [
    pending === 0 ? "Nothing waits for the relay." : `${countOf(pending, "change")} not on the relay yet.`,
  ];
}

/** What there is to say of the branch that is worked on. */
function branchLines(space: Space, tables: ReplicaTables): readonly string[] {
  const { replica, branch } = space;
  if (branch === null) {
    return currentBranch(tables) === null
      ? []
      : [paint.yellow("The branch you were on is not here any more: darklang branch switch main")];
  }
  const state = mergeState(replica, tables, branch.id);
  const reading = branch.access === "read" ? ", to read" : "";
  const whose = branch.isMine ? "yours" : `by ${branch.author}${reading}`;
  return [
    `Branch ${paint.bold(branch.label)}, ${whose}: ${mergeWords(state, labelIn(space, tables, state.into))}`,
    ...(branch.isArchived ? [paint.yellow("It is archived; to leave it: darklang branch switch main")] : []),
  ];
}

function mergeWords({ differing, merged }: MergeState, into: string): string {
  const count = differing.length;
  if (count === 0) return merged === "never" ? `no difference from ${into}` : `merged into ${into}`;
  const differs = count === 1 ? "1 definition differs" : `${count} definitions differ`;
  return `${differs} from ${into}${merged === "partly" ? ", partly merged" : ""}`;
}

/** The branches that changes came to after they were merged (B4), with how many. */
function lateBranches(
  { replica }: Space,
  tables: ReplicaTables,
): readonly { readonly branch: BranchView; readonly changes: number }[] {
  return listBranches(replica, tables)
    .filter(({ id, isArchived }) => !isArchived && lateChanges(replica, tables, id).length > 0)
    .map((branch) => ({ branch, changes: mergeState(replica, tables, branch.id).late.length }))
    .filter(({ changes }) => changes > 0);
}

function describeLate(space: Space, branch: BranchView, changes: number): string {
  const whose = branch.id === space.branch?.id ? "" : ` of ${branch.label}`;
  return paint.yellow(`${lateText(changes)}${whose}: ${commandOn({ ...space, branch }, "merge")}`);
}
