import { deprecate, undeprecate } from "@darksync/runtime/edit/deprecate";
import type { Command } from "commander";
import { type Answer, inSpace } from "../command.js";
import { unwrap, wrongUsage } from "../problem-error.js";
import type { Space } from "../space.js";

interface DeprecateOptions {
  readonly message?: string;
  readonly undo?: true;
}

export function addDeprecate(program: Command): void {
  program
    .command("deprecate <LOCATION>")
    .description("mark a definition as one not to use any more")
    .option("--message <text>", "why, and what to use instead")
    .option("--undo", "take the mark away")
    .addHelpText(
      "after",
      `
Examples:
  darklang deprecate Acme.Money.add --message "use Acme.Money.plus"
  darklang deprecate Acme.Money.add --undo`,
    )
    .action(
      inSpace("writes", (space, _command, location: string, options: DeprecateOptions) =>
        runDeprecate(space, location, options),
      ),
    );
}

async function runDeprecate(
  { replica }: Space,
  location: string,
  { message, undo }: DeprecateOptions,
): Promise<Answer> {
  if (undo !== true) {
    const change = unwrap(await deprecate(replica, location, message ?? ""));
    return { json: { change }, text: `${location} is deprecated.` };
  }
  if (message !== undefined) wrongUsage("--undo takes no --message", "Leave one of them out.");
  const change = unwrap(await undeprecate(replica, location));
  return { json: { change }, text: `${location} is not deprecated any more.` };
}
