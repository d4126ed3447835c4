import type { BranchId } from "@darksync/core/branch";
import type { Location } from "@darksync/core/location";
import type { ChangeId } from "@darksync/core/op-id";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { activeParentOf } from "./branch-edit.js";
import { differingLocations } from "./differences.js";
import { lateChanges, mergesOf } from "./late-changes.js";

/** How a branch stands to what it is merged into. */
export interface MergeState {
  /** Null: main. */
  readonly into: BranchId | null;
  /** What a merge would change there. */
  readonly differing: readonly Location[];
  /** `partly`: some of what was there when it was merged is still missing. */
  readonly merged: "never" | "partly" | "wholly";
  /** Changes that came after the merge, and make a difference. */
  readonly late: readonly ChangeId[];
}

/** How a branch stands to what it is merged into, as far as is known here. */
export function mergeState(
  ports: Pick<Replica, "hash" | "language" | "compression" | "device">,
  tables: ReplicaTables,
  id: BranchId,
): MergeState {
  const into = activeParentOf(tables, id);
  const differing = differingLocations(ports, tables, id);
  const isMerged = mergesOf(tables, id).length > 0;
  if (!isMerged) return { into, differing, merged: "never", late: [] };
  if (differing.length === 0) return { into, differing, merged: "wholly", late: [] };
  const late = lateChanges(ports, tables, id);
  return { into, differing, merged: late.length > 0 ? "wholly" : "partly", late };
}
