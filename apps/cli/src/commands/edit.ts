import { checkPlace } from "@darksync/runtime/edit/naming";
import { save } from "@darksync/runtime/edit/save";
import { viewDefinition } from "@darksync/runtime/read/definition";
import type { Command } from "commander";
import { type Answer, type GlobalOptions, inSpace } from "../command.js";
import { EditedFile } from "../edited-file.js";
import { ProblemError, unwrap } from "../problem-error.js";
import { answerOfSave, lookBefore } from "../saved.js";
import type { Space } from "../space.js";
import { shellWord } from "../wording.js";

export function addEdit(program: Command): void {
  program
    .command("edit <LOCATION>")
    .description("edit one definition in $VISUAL or $EDITOR, and save it")
    .addHelpText(
      "after",
      `
A location that holds nothing begins with a template. A text that is left as it
was saves nothing; one that cannot be saved is kept, and you are told where.

Examples:
  darklang edit Acme.Money.add
  EDITOR='code --wait' darklang edit Acme.Money.add`,
    )
    .action(inSpace("writes", runEdit));
}

async function runEdit(space: Space, command: Command, location: string): Promise<Answer> {
  unwrap(checkPlace(location));
  const before = lookBefore(space, location);
  const source = sourceToEdit(space, location);
  const file = new EditedFile(space.paths.dir, location, source);
  const isJson = command.optsWithGlobals<GlobalOptions>().json === true;
  const edited = file.edit(isJson);
  if (edited === null) {
    file.remove();
    return { json: { location, unchanged: true }, text: "The text was not changed: nothing was saved." };
  }
  const saved = await save(space.replica, location, edited, before.replaced);
  if (!saved.ok) {
    const { code, message } = saved.problem;
    const hint = `Your text is kept. Mend it, then: darklang save ${shellWord(location)} --file ${shellWord(file.path)}`;
    throw new ProblemError({ code, message, hint });
  }
  file.remove();
  return answerOfSave(space, saved.value, before);
}

function sourceToEdit({ replica }: Space, location: string): string | null {
  const viewed = replica.store.read((tables) => viewDefinition(replica, tables, location));
  if (viewed.ok) return viewed.value.source;
  return viewed.problem.code === "unknown-location" ? null : unwrap(viewed);
}
