import { undo } from "@darksync/runtime/edit/undo";
import { readChange } from "@darksync/runtime/read/history";
import type { Command } from "commander";
import { describeOps } from "../change-text.js";
import { type Answer, inSpace } from "../command.js";
import { unwrap } from "../problem-error.js";
import type { Space } from "../space.js";
import { shortId } from "../wording.js";

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

async function runUndo({ replica }: Space, id: string | null): Promise<Answer> {
  const { change, undone } = unwrap(await undo(replica, id));
  const entry = replica.store.read((tables) => readChange(replica, tables, undone));
  const ops = entry === null ? [] : describeOps(entry.ops, 5);
  return {
    json: { change, undone },
    text: [`Took back ${shortId(undone)}:`, ...ops.map((line) => `  ${line}`)].join("\n"),
  };
}
