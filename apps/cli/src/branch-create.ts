import { createBranch } from "@darksync/runtime/branch/branch-edit";
import { listBranches } from "@darksync/runtime/branch/branch-list";
import { switchBranch } from "@darksync/runtime/branch/current-branch";
import { branchNamed } from "./branch-find.js";
import { checkUsable } from "./branch-space.js";
import { envNote } from "./branch-switch.js";
import type { Answer } from "./command.js";
import { paint } from "./paint.js";
import { unwrap } from "./problem-error.js";
import type { Space } from "./space.js";

/** Makes a branch of another one or of main; `from` null: of the one that is worked on. */
export async function create(
  space: Space,
  name: string,
  from: string | null,
  isSwitching: boolean,
): Promise<Answer> {
  const { replica } = space;
  const parent = from === null ? space.branch : from === "main" ? null : branchNamed(space, from);
  if (parent !== null) unwrap(checkUsable(parent, "reads"));
  const id = unwrap(await createBranch(replica, name, parent?.id ?? null));
  if (isSwitching) await switchBranch(replica, id);
  const branches = replica.store.read((tables) => listBranches(replica, tables));
  const namesakes = branches.filter((branch) => branch.name === name).map(({ label }) => label);
  const label = branches.find((branch) => branch.id === id)?.label ?? name;
  return {
    json: { id, name },
    text: [
      `Branch ${paint.bold(label)} made of ${parent?.label ?? "main"}.`,
      ...(namesakes.length > 1
        ? [`Several branches have that name, and are shown as ${namesakes.join(", ")}.`]
        : []),
      ...(isSwitching ? envNote(label) : [`To go to it: darklang branch switch ${label}`]),
    ].join("\n"),
  };
}
