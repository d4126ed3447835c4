import { type BranchId, branchLog } from "@darksync/core/branch";
import type { Coverage } from "@darksync/core/coverage";
import type { ChangeId } from "@darksync/core/op-id";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { subjectOf } from "./op-subject.js";
import { uncoveredChanges } from "./uncovered-changes.js";

/** What merges of a branch covered of it, those left out that were taken back. */
export function mergesOf({ packages }: Pick<ReplicaTables, "packages">, id: BranchId): readonly Coverage[] {
  return packages
    .heads({ type: "merge", key: id })
    .map(({ value }) => value.coverage)
    .filter(({ logs }) => logs.size > 0);
}

/** The changes of packages that came to a branch after it was merged; none as long as it was not (B4). */
export function lateChanges(
  ports: Pick<Replica, "hash" | "compression" | "device">,
  tables: ReplicaTables,
  id: BranchId,
): readonly ChangeId[] {
  const merges = mergesOf(tables, id);
  if (merges.length === 0) return [];
  return uncoveredChanges(ports, tables, branchLog(id), merges)
    .filter(({ change }) => change.ops.some((op) => subjectOf(op) === "packages"))
    .map((late) => late.id);
}
