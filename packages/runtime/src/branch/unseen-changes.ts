import type { BranchId } from "@darksync/core/branch";
import type { ChangeId } from "@darksync/core/op-id";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { activeParentOf, baseLogs } from "./branch-edit.js";
import { subjectOf } from "./op-subject.js";
import { uncoveredChanges } from "./uncovered-changes.js";

/** The changes that a branch does not see and would after a rebase (B1). A log that its base does not name it follows. */
export function unseenChanges(
  ports: Pick<Replica, "hash" | "compression" | "device">,
  tables: ReplicaTables,
  id: BranchId,
): readonly ChangeId[] {
  const heads = tables.packages.heads({ type: "branchBase", key: id });
  return [...baseLogs(tables, activeParentOf(tables, id), heads).keys()].flatMap((log) => {
    const coverages = heads.map(({ value }) => value).filter(({ logs }) => logs.has(log));
    if (coverages.length === 0 && log.startsWith("main/")) return [];
    return uncoveredChanges(ports, tables, log, coverages)
      .filter(({ change }) => change.ops.some((op) => subjectOf(op) === "packages" || op.type === "SetBase"))
      .map((unseen) => unseen.id);
  });
}
