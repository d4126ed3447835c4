import type { Command } from "commander";
import { type Answer, inSpace } from "../command.js";
import { answerOfItems, itemsOf } from "../listing.js";
import { wrongUsage } from "../problem-error.js";
import type { Space } from "../space.js";
import { countOf } from "../wording.js";

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
  const { items, missing } = replica.store.read((tables) => {
    const { packages, texts } = tables;
    const found = packages.search(text, Number.MAX_SAFE_INTEGER);
    const rows = found.map((location) => packages.nameRow(location)).filter((row) => row !== null);
    const awaited = texts.hasEvicted() ? packages.awaitedTexts() : [];
    return {
      items: itemsOf(tables, rows),
      missing: awaited.filter((hash) => texts.isEvicted(hash)).length,
    };
  });
  const answer = answerOfItems(items, `Nothing holds ${JSON.stringify(text)}.`);
  if (missing === 0) return answer;
  const note = `${countOf(missing, "text")} not searched: evicted to save space. The next \`darklang sync\` fetches them.`;
  return { ...answer, json: { ...answer.json, notSearched: missing }, note };
}
