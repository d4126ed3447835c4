import type { Command } from "commander";
import { type Answer, inSpace } from "../command.js";
import { answerOfItems, itemsOf } from "../listing.js";
import { wrongUsage } from "../problem-error.js";
import type { Space } from "../space.js";

export function addSearch(program: Command): void {
  program
    .command("search <TEXT>")
    .description("find definitions by a part of their name or text")
    .addHelpText(
      "after",
      `
Upper and lower case letters count as the same.

Examples:
  darklang search money
  darklang search 'List.map'`,
    )
    .action(inSpace("reads", (space, _command, text: string) => runSearch(space, text)));
}

function runSearch({ replica }: Space, text: string): Answer {
  if (text === "") wrongUsage("there is nothing to search for", "Give a part of a name or text.");
  const items = replica.store.read((tables) => {
    const found = tables.packages.search(text, Number.MAX_SAFE_INTEGER);
    return itemsOf(
      tables,
      found.map((location) => tables.packages.nameRow(location)).filter((row) => row !== null),
    );
  });
  return answerOfItems(items, `Nothing holds ${JSON.stringify(text)}.`);
}
