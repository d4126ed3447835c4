import { save } from "@darksync/runtime/edit/save";
import type { Command } from "commander";
import { type Answer, inSpace } from "../command.js";
import { unwrap, wrongUsage } from "../problem-error.js";
import { answerOfSave, lookBefore } from "../saved.js";
import type { Space } from "../space.js";
import { readDefinitionText } from "../text-input.js";

export function addSave(program: Command): void {
  program
    .command("save <LOCATION>")
    .description("save a new version of one definition")
    .option("--file <file>", "the file with its text (else stdin)")
    .addHelpText(
      "after",
      `
Examples:
  darklang save Acme.Money.add --file add.dark
  echo 'let one = 1L' | darklang save Acme.Money.one`,
    )
    .action(
      inSpace("writes", (space, _command, location: string, { file }: { readonly file?: string }) =>
        runSave(space, location, file),
      ),
    );
}

async function runSave(space: Space, location: string, file: string | undefined): Promise<Answer> {
  if (file === undefined && process.stdin.isTTY) {
    wrongUsage("there is no text to save", `Name a --file, give it on stdin, or: darklang edit ${location}`);
  }
  const source = await readDefinitionText(file);
  const before = lookBefore(space, location);
  return answerOfSave(space, unwrap(await save(space.replica, location, source)), before);
}
