import { type BranchId, branchLog } from "@darksync/core/branch";
import type { ChangeId } from "@darksync/core/op-id";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { subjectOf } from "./op-subject.js";
import { uncoveredChanges } from "./uncovered-changes.js";

/** The changes of packages that came to a branch after it was merged; none as long as it was not (B4). */
export function lateChanges(
  ports: Pick<Replica, "hash" | "compression" | "device">,
  tables: ReplicaTables,
  id: BranchId,
): readonly ChangeId[] {
  const merges = tables.packages.heads({ type: "merge", key: id }).map(({ value }) => value.coverage);
  if (merges.length === 0) return [];
  return uncoveredChanges(ports, tables, branchLog(id), merges)
    .filter(({ change }) => change.ops.some((op) => subjectOf(op) === "packages"))
    .map((late) => late.id);
}
