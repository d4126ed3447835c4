import type { BranchAccess } from "@darksync/core/branch";
import { greatest } from "@darksync/core/deprecation";
import { shareBranch } from "@darksync/runtime/branch/branch-edit";
import { readFacts } from "@darksync/runtime/replica/replica";
import { branchToChange } from "./branch-find.js";
import type { Answer } from "./command.js";
import { paint } from "./paint.js";
import { unwrap, wrongUsage } from "./problem-error.js";
import type { Space } from "./space.js";

export interface ShareOptions {
  readonly read?: true;
  readonly remove?: true;
}

/** Says what a member may do with a branch. */
export async function share(
  space: Space,
  name: string,
  member: string,
  { read, remove }: ShareOptions,
): Promise<Answer> {
  if (read === true && remove === true)
    wrongUsage("--read and --remove do not go together", "Give one of them.");
  const branch = branchToChange(space, name);
  const { own, isKnown } = space.replica.store.read((tables) => ({
    own: readFacts(tables).member,
    isKnown: tables.packages
      .registers("device")
      .some(({ heads }) => greatest(heads)?.value.member === member),
  }));
  if (member === own || member === branch.author)
    wrongUsage(`${member} has the branch already`, "Name another member of this space.");
  const access: BranchAccess = remove === true ? "none" : read === true ? "read" : "write";
  const json = { id: branch.id, name: branch.name, member, access };
  const before = branch.sharedWith.find((given) => given.member === member)?.access ?? "none";
  if (before === access)
    return { json: { ...json, unchanged: true }, text: unchangedText(branch.label, member, access) };
  unwrap(await shareBranch(space.replica, branch.id, member, access));
  return {
    json,
    text: [
      textOf(branch.label, member, access),
      ...(isKnown || access === "none"
        ? []
        : [paint.yellow(`! No ${member} is known here yet. If that is a slip: darklang undo`)]),
    ].join("\n"),
  };
}

function textOf(label: string, member: string, access: BranchAccess): string {
  switch (access) {
    case "none":
      return `${label} is not shared with ${member} any more.`;
    case "read":
      return `${label} is shared with ${member}, to read.`;
    case "write":
      return `${label} is shared with ${member}, who may work on it too.`;
  }
}

function unchangedText(label: string, member: string, access: BranchAccess): string {
  switch (access) {
    case "none":
      return `${label} is not shared with ${member}.`;
    case "read":
      return `${label} is shared with ${member} already, to read.`;
    case "write":
      return `${label} is shared with ${member} already, who may work on it.`;
  }
}
