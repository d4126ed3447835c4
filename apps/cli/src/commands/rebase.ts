import { activeParentOf, rebaseBranch } from "@darksync/runtime/branch/branch-edit";
import { onBranch } from "@darksync/runtime/branch/on-branch";
import { unseenChanges } from "@darksync/runtime/branch/unseen-changes";
import { listConflicts } from "@darksync/runtime/read/conflicts";
import type { Command } from "commander";
import { branchWorkedOn } from "../branch-find.js";
import { checkUsable } from "../branch-space.js";
import { commandOn, labelIn } from "../branch-words.js";
import { type Answer, inWholeSpace } from "../command.js";
import { conflictLines } from "../conflict-lines.js";
import { paint } from "../paint.js";
import { unwrap } from "../problem-error.js";
import type { Space } from "../space.js";
import { countOf } from "../wording.js";

export function addRebase(program: Command): void {
  program
    .command("rebase")
    .description("bring the branch you are on up to what is here now")
    .addHelpText(
      "after",
      `
Main stays as it is: what does not go together is a conflict on the branch.

Examples:
  darklang rebase
  darklang --branch fix-rounding rebase`,
    )
    .action(inWholeSpace("writes", runRebase));
}

async function runRebase(space: Space): Promise<Answer> {
  const { id, label } = unwrap(checkUsable(branchWorkedOn(space, "rebase"), "writes"));
  const { replica } = space;
  const seen = onBranch(replica, id);
  const conflictsNow = () => seen.store.read((tables) => listConflicts(seen, tables));
  const { unseen, into } = replica.store.read((tables) => ({
    unseen: unseenChanges(replica, tables, id).length,
    into: labelIn(space, tables, activeParentOf(tables, id)),
  }));
  if (unseen === 0)
    return {
      json: { changes: 0, conflicts: 0, locations: [] },
      text: `${label} is up to date: it sees all of ${into} that is here.`,
    };
  const before = new Set(conflictsNow().map((conflict) => conflict.id));
  unwrap(await rebaseBranch(replica, id));
  const made = conflictsNow().filter((conflict) => !before.has(conflict.id));
  return {
    json: { changes: unseen, conflicts: made.length, locations: made.map(({ location }) => location) },
    text: [
      `${paint.bold(label)} is up to date: ${countOf(unseen, "change")} of ${into} came in.`,
      ...(made.length === 0
        ? []
        : [
            paint.yellow(`! That makes ${countOf(made.length, "conflict")}, on this branch alone:`),
            ...conflictLines(made),
            `To settle: ${commandOn(space, "conflicts resolve")}`,
          ]),
    ].join("\n"),
  };
}
