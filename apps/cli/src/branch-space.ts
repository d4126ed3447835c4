import { failure, type Result, success } from "@darksync/core/result";
import { type BranchView, findBranch } from "@darksync/runtime/branch/branch-list";
import { currentBranch } from "@darksync/runtime/branch/current-branch";
import { onBranch } from "@darksync/runtime/branch/on-branch";
import type { Access } from "./command.js";
import { unwrap } from "./problem-error.js";
import { type Space, statusOfStore } from "./space.js";

/** The space on the branch that was named, or else the current one. Reads and edits go to the branch. */
export function enterBranch(space: Space, named: string | null, access: Access): Space {
  const branch = unwrap(checkUsable(unwrap(pickBranch(space, named)), access));
  const replica = onBranch(space.replica, branch.id);
  return { ...space, replica, branch, status: () => statusOfStore(replica.store, space.paths) };
}

/** The space as it is, with the branch that was named, or else the current one if it is still there. */
export function besideBranch(space: Space, named: string | null): Space {
  const picked = pickBranch(space, named);
  if (!picked.ok && named === null) return space;
  const branch = unwrap(picked);
  const { store } = onBranch(space.replica, branch.id);
  return { ...space, branch, status: () => statusOfStore(store, space.paths) };
}

function pickBranch({ replica }: Space, named: string | null): Result<BranchView> {
  return replica.store.read((tables) => {
    if (named !== null) return withOrigin(findBranch(replica, tables, named), named);
    const current = findBranch(replica, tables, currentBranch(tables) ?? "");
    if (current.ok) return current;
    return failure(
      "unknown-branch",
      "the branch that you were on is not here any more, or not shared with you",
      "Go back to main: darklang branch switch main",
    );
  });
}

// Whoever set the variable long ago does not see it on the line that fails.
function withOrigin(found: Result<BranchView>, named: string): Result<BranchView> {
  if (found.ok || process.env.DARKLANG_BRANCH !== named) return found;
  const { code, message, hint } = found.problem;
  return failure(code, `${message}, which DARKLANG_BRANCH names`, hint);
}

/** Whether a command may work on a branch. */
export function checkUsable(branch: BranchView, access: Access): Result<BranchView> {
  const { label } = branch;
  if (branch.isArchived) {
    return failure(
      "archived-branch",
      `the branch ${label} is archived`,
      branch.access === "write"
        ? `\`darklang branch restore ${label}\`, or \`darklang branch switch main\``
        : `Go back to main: darklang branch switch main. ${branch.author} can restore it.`,
    );
  }
  if (access === "writes" && branch.access !== "write") {
    return failure(
      "read-only-branch",
      `the branch ${label} is shared with you for reading only`,
      `Work on a branch of it: darklang branch create NAME --from ${label}`,
    );
  }
  return success(branch);
}
