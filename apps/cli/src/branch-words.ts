import type { BranchId } from "@darksync/core/branch";
import { mainBranch } from "@darksync/core/conflict";
import { type BranchView, listBranches } from "@darksync/runtime/branch/branch-list";
import { currentBranch } from "@darksync/runtime/branch/current-branch";
import type { ReplicaTables } from "@darksync/runtime/store/store";
import type { BranchNaming } from "./change-text.js";
import type { Space } from "./space.js";
import { countOf, shortId } from "./wording.js";

/** A branch, or main, by the name that people know it by. */
export function labelOf(branches: readonly BranchView[], id: BranchId | null): string {
  if (id === null) return mainBranch;
  return branches.find((branch) => branch.id === id)?.label ?? `branch ${shortId(id)}`;
}

/** The same where the branches are not at hand. */
export function labelIn({ replica }: Space, tables: ReplicaTables, id: BranchId | null): string {
  return labelOf(id === null ? [] : listBranches(replica, tables), id);
}

/** Calls branches by their labels, those that are not known here by the beginning of their ids. */
export function branchNaming({ replica }: Space, tables: ReplicaTables): BranchNaming {
  const labels = new Map(listBranches(replica, tables).map(({ id, label }) => [id, label]));
  return (id) => labels.get(id) ?? shortId(id);
}

/** A command to type that works on the branch that this one works on. */
export function commandOn({ replica, branch }: Space, words: string): string {
  const isCurrent = replica.store.read(currentBranch) === (branch?.id ?? null);
  return isCurrent ? `darklang ${words}` : `darklang --branch ${branch?.label ?? mainBranch} ${words}`;
}

/** That changes came to a branch after its merge. */
export function lateText(count: number): string {
  return `${countOf(count, "change")} came after the merge`;
}
