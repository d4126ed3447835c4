import { type BranchView, findBranch } from "@darksync/runtime/branch/branch-list";
import { checkUsable } from "./branch-space.js";
import { unwrap, wrongUsage } from "./problem-error.js";
import type { Space } from "./space.js";

/** The branch of this name, or label or id; ends the command if there is none. */
export function branchNamed({ replica }: Space, name: string): BranchView {
  return unwrap(replica.store.read((tables) => findBranch(replica, tables, name)));
}

/** The branch that a command changes; ends the command if that cannot be done. */
export function branchToChange(space: Space, name: string): BranchView {
  if (name === "main") wrongUsage("main is no branch that can be changed", "Name one of `darklang branch`.");
  const branch = branchNamed(space, name);
  unwrap(checkUsable({ ...branch, isArchived: false }, "writes"));
  return branch;
}

/** The branch that this command works on, for one that has nothing to do on main. */
export function branchWorkedOn({ branch }: Space, command: string): BranchView {
  if (branch !== null) return branch;
  wrongUsage(
    `${command} is for branches, and you are on main`,
    `Name one: darklang --branch NAME ${command}. \`darklang branch\` lists them.`,
  );
}
