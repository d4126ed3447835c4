import { type BranchId, branchLog } from "@darksync/core/branch";
import type { Conflict } from "@darksync/core/conflict";
import type { Coverage } from "@darksync/core/coverage";
import type { Location } from "@darksync/core/location";
import type { Op } from "@darksync/core/op/op";
import type { ChangeId } from "@darksync/core/op-id";
import type { Result } from "@darksync/core/result";
import type { LogName } from "@darksync/core/vector";
import { allOrNone, orUndo } from "../edit/all-or-none.js";
import { inChanges } from "../edit/import-parts.js";
import { noteTogether } from "../edit/together.js";
import { listConflicts } from "../read/conflicts.js";
import { Commit } from "../replica/commit-change.js";
import { vectorOf } from "../replica/log-view.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { activeParentOf, baseLogs, setBaseOp } from "./branch-edit.js";
import { BranchScope } from "./branch-scope.js";
import { type MergePart, mergeParts } from "./merge-ops.js";
import { tablesOnBranch } from "./on-branch.js";
import { unseenChanges } from "./unseen-changes.js";

/** What a merge of a branch came to. */
export interface BranchMerge {
  /** The branch that it went into; null: main. */
  readonly into: BranchId | null;
  /** Definitions that were written, removed or deprecated there, in order. */
  readonly merged: readonly Location[];
  /** What has to be settled on the branch first; then nothing was written but the branch's new base. */
  readonly conflicts: readonly Conflict[];
  readonly changes: readonly ChangeId[];
}

/**
 * Merges a branch into the one it was made from, or into main (B2), with no network: brings it up to what is here
 * now, and where that makes no conflicts writes what it shows, one change for each owner (more if they do not fit).
 * It can be merged again when more has come to it.
 */
export function mergeBranch(replica: Replica, id: BranchId, isDryRun: boolean): Promise<Result<BranchMerge>> {
  return allOrNone(replica, (tables): BranchMerge => {
    const into = activeParentOf(tables, id);
    const source = tablesOnBranch(replica, tables, id, everythingHere(replica, tables, id));
    const target = into === null ? tables : tablesOnBranch(replica, tables, into);
    const conflicts = conflictsToSettle(replica, source, target);
    if (conflicts.length > 0) {
      const isSeen = unseenChanges(replica, tables, id).length === 0;
      if (!isDryRun && !isSeen) commitParts(replica, tables, id, into, []);
      return { into, merged: [], conflicts, changes: [] };
    }
    const parts = orUndo(mergeParts(replica, source, target));
    const merged = [...new Set(parts.flatMap(({ locations }) => locations))].sort();
    const isWritten = !isDryRun && parts.length > 0;
    const changes = isWritten ? commitParts(replica, tables, id, into, parts) : [];
    noteTogether(tables, changes);
    return { into, merged, conflicts, changes };
  });
}

/** The conflicts of a branch that keep it from being merged: those open in the target too are not its to settle. */
export function conflictsToSettle(
  judge: Pick<Replica, "hash" | "language">,
  source: ReplicaTables,
  target: ReplicaTables,
): readonly Conflict[] {
  const ofTarget = new Set(listConflicts(judge, target).map(disagreement));
  return listConflicts(judge, source).filter((conflict) => !ofTarget.has(disagreement(conflict)));
}

/** What a conflict is about, whatever branch it is seen on. */
function disagreement({ kind, locations, heads }: Conflict): string {
  return [kind, ...locations, ...heads.map(({ id }) => id)].join(" ");
}

/** A base of all that is held here, as if the branch had been brought up to it. */
export function everythingHere(
  replica: Pick<Replica, "device">,
  tables: ReplicaTables,
  id: BranchId,
): Coverage {
  const heads = tables.packages.heads({ type: "branchBase", key: id });
  const logs = baseLogs(tables, activeParentOf(tables, id), heads);
  return { device: replica.device, time: { wallMs: Number.MAX_SAFE_INTEGER, counter: 0 }, logs };
}

function commitParts(
  replica: Replica,
  tables: ReplicaTables,
  id: BranchId,
  into: BranchId | null,
  parts: readonly MergePart[],
): readonly ChangeId[] {
  const changes: ChangeId[] = [];
  const merged = mergedOps(tables, id, into);
  const byLog = Map.groupBy(
    parts,
    ({ owner }): LogName => (into === null ? `main/${owner}` : branchLog(into)),
  );
  const commit = new Commit(replica, tables);
  for (const [log, ofLog] of byLog) {
    for (const together of inChanges(ofLog)) {
      changes.push(orUndo(commit.add(log, [...together.flatMap(({ ops }) => ops), ...merged])));
    }
  }
  orUndo(commit.add(branchLog(id), [setBaseOp(replica, tables, id)]));
  commit.finish();
  return changes;
}

/** Says which branches were merged: this one, and those between it and the target. */
function mergedOps(tables: ReplicaTables, id: BranchId, into: BranchId | null): readonly Op[] {
  const { line } = new BranchScope(tables, id);
  const end = into === null ? line.length : line.indexOf(into);
  return line.slice(0, end).map((branch) => ({
    type: "Merged",
    branch,
    vector: vectorOf(tables.blocks, branchLog(branch)),
    request: "",
  }));
}
