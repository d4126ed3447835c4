import type { NameRow } from "@darksync/runtime/store/package-store";
import type { ReplicaTables } from "@darksync/runtime/store/store";
import type { Command } from "commander";
import { type Answer, inSpace } from "../command.js";
import { lacksFirstSync } from "../first-sync.js";
import { answerOfItems, itemsOf } from "../listing.js";
import type { Space } from "../space.js";

export function addLs(program: Command): void {
  program
    .command("ls [PREFIX]")
    .description("list definitions, all or those of an owner or module")
    .addHelpText(
      "after",
      `
Marks: ● synced  ↑ changed here  + only here  ✗ refused  ! in conflict

Examples:
  darklang ls
  darklang ls Acme.Money`,
    )
    .action(inSpace("reads", (space, _command, prefix: string | undefined) => runLs(space, prefix ?? "")));
}

function runLs(space: Space, prefix: string): Answer {
  const asked = prefix.replace(/\.+$/, "");
  const items = space.replica.store.read((tables) => itemsOf(tables, allNames(tables, asked)));
  return answerOfItems(items, items.length > 0 ? "" : nothingText(space, asked));
}

function nothingText(space: Space, prefix: string): string {
  if (lacksFirstSync(space)) {
    const what = prefix === "" ? "There is nothing here yet" : `There is nothing in ${prefix} yet`;
    return `${what}: the first sync has not come to its end. \`darklang sync\` goes on.`;
  }
  return prefix === ""
    ? "The space is empty: `darklang import PATH` or `darklang save LOCATION` fill it."
    : `There is nothing in ${prefix}. \`darklang search ${prefix.split(".").at(-1)}\` looks everywhere.`;
}

const namesAtOnce = 2000;

function allNames(tables: ReplicaTables, prefix: string): readonly NameRow[] {
  const all: NameRow[] = [];
  for (;;) {
    const rows = tables.packages.names(prefix, namesAtOnce, all.at(-1)?.location);
    for (const row of rows) all.push(row);
    if (rows.length < namesAtOnce) return all;
  }
}
