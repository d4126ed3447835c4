import type { BranchId } from "@darksync/core/branch";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";

/** The branch that this replica is on, null: main. It is the device's own matter, and nothing of it is synced. */
export function currentBranch({ meta }: Pick<ReplicaTables, "meta">): BranchId | null {
  return meta.get("branch");
}

/** Goes to a branch, or to main. */
export function switchBranch({ store }: Pick<Replica, "store">, id: BranchId | null): Promise<void> {
  return store.write(({ meta }) => meta.set("branch", id));
}
