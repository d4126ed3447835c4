import { archiveBranch } from "@darksync/runtime/branch/branch-edit";
import { currentBranch, switchBranch } from "@darksync/runtime/branch/current-branch";
import { mergeState } from "@darksync/runtime/branch/merge-state";
import { branchToChange } from "./branch-find.js";
import { labelIn } from "./branch-words.js";
import type { Answer } from "./command.js";
import { unwrap } from "./problem-error.js";
import type { Space } from "./space.js";
import { countOf } from "./wording.js";

/** Puts a branch away; whoever is on it is on main then. */
export async function archive(space: Space, name: string): Promise<Answer> {
  const { replica } = space;
  const branch = branchToChange(space, name);
  const { id, label } = branch;
  if (branch.isArchived) return { json: { id, name: branch.name }, text: `${label} is archived already.` };
  const { isCurrent, unmerged, into } = replica.store.read((tables) => {
    const state = mergeState(replica, tables, id);
    return {
      isCurrent: currentBranch(tables) === id,
      unmerged: state.differing.length,
      into: labelIn(space, tables, state.into),
    };
  });
  unwrap(await archiveBranch(replica, id, true));
  if (isCurrent) await switchBranch(replica, null);
  return {
    json: { id, name: branch.name },
    text: [
      `${label} is archived.${isCurrent ? " You are on main." : ""}`,
      ...(unmerged > 0 ? [`It keeps ${countOf(unmerged, "definition")} that ${into} does not have.`] : []),
      `To bring it back: darklang branch restore ${label}`,
    ].join("\n"),
  };
}

/** Brings a branch back. */
export async function restore(space: Space, name: string): Promise<Answer> {
  const branch = branchToChange(space, name);
  const { id, label } = branch;
  const json = { id, name: branch.name };
  if (!branch.isArchived) return { json, text: `${label} is not archived.` };
  unwrap(await archiveBranch(space.replica, id, false));
  return { json, text: `${label} is back. To go to it: darklang branch switch ${label}` };
}
