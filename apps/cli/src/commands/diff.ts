import { checkLocation } from "@darksync/runtime/edit/naming";
import { listUnpublished, type Unpublished, type Version } from "@darksync/runtime/read/unpublished";
import type { Command } from "commander";
import { type Answer, inSpace } from "../command.js";
import { paint } from "../paint.js";
import { unwrap } from "../problem-error.js";
import type { Space } from "../space.js";

export function addDiff(program: Command): void {
  program
    .command("diff [LOCATION]")
    .description("show what was changed here and the relay does not have yet")
    .addHelpText("after", "\nExamples:\n  darklang diff\n  darklang diff Acme.Money.add")
    .action(
      inSpace("reads", (space, _command, location: string | undefined) => runDiff(space, location ?? null)),
    );
}

async function runDiff({ replica, ...space }: Space, location: string | null): Promise<Answer> {
  if (location !== null) unwrap(checkLocation(location));
  const found = replica.store.read((tables) => listUnpublished(replica, tables, location));
  const { FILE_HEADERS_ONLY, formatPatch, structuredPatch } = await import("diff");
  const changes = found.map((unpublished) => {
    const { location: place, from, to } = unpublished;
    const patch = structuredPatch(place, place, textOf(from), textOf(to), titleOf(from), titleOf(to));
    const diff = formatPatch(patch, FILE_HEADERS_ONLY);
    return { location: place, from: from?.hash ?? null, to: to?.hash ?? null, diff };
  });
  return {
    json: { changes },
    text: changes.map(({ diff }) => coloured(diff)).join("\n"),
    note: changes.length === 0 ? nothingToShow(location, space.status().pending) : "",
  };
}

// Changes that wait may cancel out: then there is no difference, and still the relay has not all.
function nothingToShow(location: string | null, pending: number): string {
  if (location !== null) return `No difference at ${location} waits for the relay.`;
  if (pending === 0) return "The relay has everything that was changed here.";
  return "No difference waits for the relay; `darklang queue` lists the changes that do.";
}

function textOf(version: Unpublished["from"]): string {
  if (version === null) return "";
  return version.source === null ? "(its text is not on this device)\n" : `${version.source}\n`;
}

function titleOf(version: Version | null): string {
  return version === null ? "nothing" : version.hash.slice(0, 12);
}

function coloured(diff: string): string {
  return diff
    .trimEnd()
    .split("\n")
    .map((line) => painterOf(line)(line))
    .join("\n");
}

function painterOf(line: string): (text: string) => string {
  if (line.startsWith("---") || line.startsWith("+++")) return paint.bold;
  if (line.startsWith("@@")) return paint.cyan;
  if (line.startsWith("+")) return paint.green;
  return line.startsWith("-") ? paint.red : (text) => text;
}
