import { type BranchId, branchLog } from "@darksync/core/branch";
import { deviceOf } from "@darksync/core/stream";
import { type BranchView, listBranches } from "@darksync/runtime/branch/branch-list";
import { tablesOnBranch } from "@darksync/runtime/branch/on-branch";
import type { ReplicaTables } from "@darksync/runtime/store/store";
import { paint } from "./paint.js";
import type { Space } from "./space.js";
import { countOf, shellWord } from "./wording.js";

/** A branch that has conflicts of its own. */
export interface BranchConflicts {
  readonly id: BranchId;
  readonly label: string;
  readonly conflicts: number;
}

/** The branches that have conflicts which main does not have; archived ones are put away. `isMeant`: which to look at. */
export function conflictsOnBranches(
  { replica }: Space,
  tables: ReplicaTables,
  isMeant: (branch: BranchView) => boolean = () => true,
): readonly BranchConflicts[] {
  const branches = listBranches(replica, tables).filter((branch) => !branch.isArchived && isMeant(branch));
  if (branches.length === 0) return [];
  const ofMain = new Set(tables.packages.conflicts().map(({ conflict }) => conflict?.id));
  return branches.flatMap(({ id, label }) => {
    const rows = tablesOnBranch(replica, tables, id).packages.conflicts();
    const own = rows.flatMap(({ conflict }) =>
      conflict === null || ofMain.has(conflict.id) ? [] : [conflict.id],
    );
    const conflicts = new Set(own).size;
    return conflicts === 0 ? [] : [{ id, label, conflicts }];
  });
}

/** The same as scripts see it. */
export function branchConflictsJson({
  id,
  label,
  conflicts,
}: BranchConflicts): Readonly<Record<string, unknown>> {
  return { id, name: label, conflicts };
}

/** That a branch which is not worked on has conflicts, and how to see them. */
export function branchConflictsLine({ label, conflicts }: BranchConflicts): string {
  const command = `darklang --branch ${shellWord(label)} conflicts`;
  return paint.yellow(`${label} has ${countOf(conflicts, "conflict")}: ${command}`);
}

/** How far other devices' streams of each branch's log are held. */
export type BranchFrontiers = ReadonlyMap<BranchId, string>;

export function branchFrontiers({ replica }: Space, tables: ReplicaTables): BranchFrontiers {
  return new Map(
    tables.packages.registers("branch").map(({ key: id }) => {
      const ofOthers = [...tables.blocks.tips(branchLog(id))].filter(
        ([stream]) => deviceOf(stream) !== replica.device,
      );
      return [id, ofOthers.map(([stream, { hash }]) => `${stream} ${hash}`).join()];
    }),
  );
}

/** The branches that are not worked on, that something came to since, and that have conflicts. */
export function conflictsCameTo(space: Space, before: BranchFrontiers): readonly BranchConflicts[] {
  return space.replica.store.read((tables) => {
    const now = branchFrontiers(space, tables);
    const isMeant = ({ id }: BranchView) => id !== space.branch?.id && now.get(id) !== before.get(id);
    return conflictsOnBranches(space, tables, isMeant);
  });
}
