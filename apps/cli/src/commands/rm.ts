import { checkShown } from "@darksync/runtime/edit/naming";
import { remove } from "@darksync/runtime/edit/remove";
import { usedBy } from "@darksync/runtime/read/references";
import type { Command } from "commander";
import { commandOn } from "../branch-words.js";
import { type Answer, inSpace } from "../command.js";
import { describeMentions } from "../mentions.js";
import { unwrap } from "../problem-error.js";
import type { Space } from "../space.js";

export function addRm(program: Command): void {
  program
    .command("rm <LOCATION>")
    .description("remove a definition; `undo` brings it back")
    .addHelpText("after", "\nExample:\n  darklang rm Acme.Money.add")
    .action(inSpace("writes", (space, _command, location: string) => runRm(space, location)));
}

async function runRm(space: Space, location: string): Promise<Answer> {
  const { replica } = space;
  const users = replica.store.read((tables) => {
    unwrap(checkShown(tables, location));
    return usedBy(replica, tables, location);
  });
  const change = unwrap(await remove(replica, location));
  return {
    json: { change, usedBy: users },
    text: [
      `Removed ${location}. To bring it back: ${commandOn(space, "undo")}`,
      ...describeMentions(users, "it"),
    ].join("\n"),
  };
}
