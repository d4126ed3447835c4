import { branchOfLog } from "@darksync/core/branch";
import type { ConflictAgain } from "@darksync/runtime/edit/put-back-changes";
import { undo } from "@darksync/runtime/edit/undo";
import { readChange } from "@darksync/runtime/read/history";
import type { Command } from "commander";
import { branchNaming } from "../branch-words.js";
import { describeOps } from "../change-text.js";
import { type Answer, inSpace } from "../command.js";
import { mayUseReserve } from "../disk.js";
import { logNameOf } from "../log-name.js";
import { unwrap } from "../problem-error.js";
import type { Space } from "../space.js";
import { countOf, shortId } from "../wording.js";

export function addUndo(program: Command): void {
  program
    .command("undo [CHANGE]")
    .description("take a change of this device back: the last one, or the one named")
    .addHelpText(
      "after",
      `
Nothing is erased: an undo is a change too, and a second \`undo\` takes it back.
Each file of an import is one change.

Examples:
  darklang undo
  darklang undo 3f2a1b9c0d1e`,
    )
    .action(inSpace("writes", (space, _command, id: string | undefined) => runUndo(space, id ?? null)));
}

async function runUndo(space: Space, id: string | null): Promise<Answer> {
  const { replica } = space;
  const made = await mayUseReserve(space, () => undo(replica, id));
  const { change, changes, undone, undoneTogether, conflicts } = unwrap(made);
  const { ops, place, nameOfBranch } = replica.store.read((tables) => {
    const entries = undoneTogether.flatMap((each) => readChange(replica, tables, each) ?? []);
    const log = entries[0]?.log ?? "";
    const branch = branchOfLog(log) === null ? "" : ` on ${logNameOf(replica, tables, log)}`;
    return {
      ops: entries.flatMap((entry) => entry.ops),
      place: branch,
      nameOfBranch: branchNaming(space, tables),
    };
  });
  const lines = describeOps(ops, shownOps, nameOfBranch).map((line) => `  ${line}`);
  return {
    json: { change, changes, undone, conflicts },
    text: [`Took back ${shortId(undone)}${place}:`, ...lines, ...conflictLines(conflicts)].join("\n"),
  };
}

const shownOps = 5;
const shownConflicts = 5;

function conflictLines(conflicts: readonly ConflictAgain[]): readonly string[] {
  if (conflicts.length === 0) return [];
  const listed = conflicts
    .slice(0, shownConflicts)
    .map((conflict) => `  ${shortId(conflict.id)}  ${conflict.kind.padEnd(12)}  ${conflict.location}`);
  const rest = conflicts.length - shownConflicts;
  return [
    `${countOf(conflicts.length, "conflict")} open again, under ${conflicts.length === 1 ? "another id" : "other ids"}:`,
    ...listed,
    ...(rest > 0 ? [`  and ${rest} more`] : []),
  ];
}
