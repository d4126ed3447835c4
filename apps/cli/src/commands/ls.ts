import type { NameRow } from "@darksync/runtime/store/package-store";
import type { ReplicaTables } from "@darksync/runtime/store/store";
import type { Command } from "commander";
import { type Answer, inSpace } from "../command.js";
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

function runLs({ replica }: Space, prefix: string): Answer {
  const asked = prefix.replace(/\.+$/, "");
  const items = replica.store.read((tables) => itemsOf(tables, allNames(tables, asked)));
  const nothing =
    asked === ""
      ? "The space is empty: `darklang import PATH` or `darklang save LOCATION` fill it."
      : `There is nothing in ${asked}. \`darklang search ${asked.split(".").at(-1)}\` looks everywhere.`;
  return answerOfItems(items, nothing);
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
