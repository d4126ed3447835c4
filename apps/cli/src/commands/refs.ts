import type { Location } from "@darksync/core/location";
import { checkShown } from "@darksync/runtime/edit/naming";
import { usedBy, usesOf } from "@darksync/runtime/read/references";
import type { Command } from "commander";
import { type Answer, inSpace } from "../command.js";
import { paint } from "../paint.js";
import { unwrap } from "../problem-error.js";
import type { Space } from "../space.js";

export function addRefs(program: Command): void {
  program
    .command("refs <LOCATION>")
    .description("show what a definition uses and what uses it")
    .addHelpText("after", "\nExample:\n  darklang refs Acme.Money.add")
    .action(inSpace("reads", (space, _command, location: string) => runRefs(space, location)));
}

function runRefs({ replica }: Space, location: string): Answer {
  const refs = replica.store.read((tables) => {
    unwrap(checkShown(tables, location));
    return { uses: usesOf(replica, tables, location), usedBy: usedBy(replica, tables, location) };
  });
  return {
    json: refs,
    text: [...section("Uses", refs.uses), ...section("Used by", refs.usedBy)].join("\n"),
  };
}

function section(title: string, locations: readonly Location[]): readonly string[] {
  const heading = paint.bold(`${title}:`);
  if (locations.length === 0) return [`${heading} nothing`];
  return [heading, ...locations.map((location) => `  ${location}`)];
}
