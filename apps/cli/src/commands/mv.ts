import { checkShown } from "@darksync/runtime/edit/naming";
import { rename } from "@darksync/runtime/edit/rename";
import { usedBy } from "@darksync/runtime/read/references";
import type { Command } from "commander";
import { type Answer, inSpace } from "../command.js";
import { describeMentions } from "../mentions.js";
import { unwrap } from "../problem-error.js";
import type { Space } from "../space.js";

export function addMv(program: Command): void {
  program
    .command("mv <OLD> <NEW>")
    .description("rename or move a definition, its history and hash kept")
    .addHelpText(
      "after",
      `
Definitions that mention the old name are not rewritten: you are told which
they are.

Example:
  darklang mv Acme.Money.add Acme.Money.plus`,
    )
    .action(inSpace("writes", (space, _command, from: string, to: string) => runMv(space, from, to)));
}

async function runMv({ replica }: Space, from: string, to: string): Promise<Answer> {
  const users = replica.store.read((tables) => {
    unwrap(checkShown(tables, from));
    return usedBy(replica, tables, from);
  });
  const change = unwrap(await rename(replica, from, to));
  return {
    json: { change, usedBy: users },
    text: [`Moved ${from} to ${to}.`, ...describeMentions(users, from)].join("\n"),
  };
}
