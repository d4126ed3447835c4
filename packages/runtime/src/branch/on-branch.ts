import type { BranchId } from "@darksync/core/branch";
import type { Coverage } from "@darksync/core/coverage";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { BranchPackages } from "./branch-packages.js";
import { BranchScope } from "./branch-scope.js";

/** A replica whose packages are those of a branch: what reads or edits through it does so on the branch. */
export function onBranch(replica: Replica, branch: BranchId): Replica {
  const { store } = replica;
  return {
    ...replica,
    store: {
      write: (work) => store.write((tables) => work(tablesOnBranch(replica, tables, branch))),
      read: (work) => store.read((tables) => work(tablesOnBranch(replica, tables, branch))),
      close: () => store.close(),
    },
  };
}

/** The same for the tables of one transaction. `base`: what to add to the branch's base. */
export function tablesOnBranch(
  replica: Pick<Replica, "hash" | "language">,
  tables: ReplicaTables,
  branch: BranchId,
  base: Coverage | null = null,
): ReplicaTables & { readonly packages: BranchPackages } {
  const scope = new BranchScope(tables, branch, base);
  return { ...tables, packages: new BranchPackages(replica, tables.packages, scope) };
}
