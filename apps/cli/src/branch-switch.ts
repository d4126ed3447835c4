import { mainBranch } from "@darksync/core/conflict";
import { switchBranch } from "@darksync/runtime/branch/current-branch";
import { unseenChanges } from "@darksync/runtime/branch/unseen-changes";
import { branchNamed } from "./branch-find.js";
import { checkUsable } from "./branch-space.js";
import { labelIn } from "./branch-words.js";
import type { Answer } from "./command.js";
import { paint } from "./paint.js";
import { unwrap } from "./problem-error.js";
import type { Space } from "./space.js";
import { countOf } from "./wording.js";

/** Goes to a branch, or to main. */
export async function switchTo(space: Space, name: string): Promise<Answer> {
  const { replica } = space;
  if (name === mainBranch) {
    await switchBranch(replica, null);
    const json = { id: mainBranch, name: mainBranch };
    return { json, text: ["You are on main.", ...envNote(mainBranch)].join("\n") };
  }
  const branch = unwrap(checkUsable(branchNamed(space, name), "reads"));
  await switchBranch(replica, branch.id);
  const { unseen, parent } = replica.store.read((tables) => ({
    unseen: unseenChanges(replica, tables, branch.id).length,
    parent: labelIn(space, tables, branch.parent),
  }));
  const reading = branch.access === "read" ? " It is shared with you for reading only." : "";
  return {
    json: { id: branch.id, name: branch.name },
    text: [
      `You are on ${paint.bold(branch.label)}, a branch of ${parent}.${reading}`,
      ...(unseen > 0
        ? [`${countOf(unseen, "change")} came to ${parent} since; to bring it up to them: darklang rebase`]
        : []),
      ...envNote(branch.label),
    ].join("\n"),
  };
}

/** That the environment still says otherwise, if it does. */
export function envNote(label: string): readonly string[] {
  const named = process.env.DARKLANG_BRANCH ?? "";
  if (named === "" || named === label) return [];
  return [paint.yellow(`! DARKLANG_BRANCH is set: in this shell you go on working on ${named}.`)];
}
