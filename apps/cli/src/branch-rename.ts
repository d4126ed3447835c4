import { renameBranch } from "@darksync/runtime/branch/branch-edit";
import { branchToChange } from "./branch-find.js";
import type { Answer } from "./command.js";
import { paint } from "./paint.js";
import { unwrap, wrongUsage } from "./problem-error.js";
import type { Space } from "./space.js";

/** Gives a branch another name; `name` null: the one that is worked on. */
export async function rename(space: Space, name: string | null, newName: string): Promise<Answer> {
  if (name === null && space.branch === null)
    wrongUsage("you are on main, which keeps its name", "Name the branch: darklang branch rename NAME NEW");
  const branch = branchToChange(space, name ?? space.branch?.id ?? "");
  unwrap(await renameBranch(space.replica, branch.id, newName));
  return {
    json: { id: branch.id, name: newName },
    text: `${branch.label} is called ${paint.bold(newName)} now.`,
  };
}
