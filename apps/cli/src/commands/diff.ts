import { activeParentOf } from "@darksync/runtime/branch/branch-edit";
import type { BranchView } from "@darksync/runtime/branch/branch-list";
import { listDifferences } from "@darksync/runtime/branch/differences";
import { checkLocation } from "@darksync/runtime/edit/naming";
import { listUnpublished } from "@darksync/runtime/read/unpublished";
import type { Version } from "@darksync/runtime/read/version";
import type { Command } from "commander";
import { commandOn, labelIn } from "../branch-words.js";
import { type Answer, inWholeSpace } from "../command.js";
import { paint } from "../paint.js";
import { unwrap } from "../problem-error.js";
import type { Space } from "../space.js";
import { countOf } from "../wording.js";

export function addDiff(program: Command): void {
  program
    .command("diff [LOCATION]")
    .description("show what was changed here and the relay lacks; on a branch, what a merge would change")
    .addHelpText(
      "after",
      `
Examples:
  darklang diff
  darklang diff Acme.Money.add
  darklang --branch fix-rounding diff`,
    )
    .action(
      inWholeSpace("reads", (space, _command, location: string | undefined) => {
        if (location !== undefined) unwrap(checkLocation(location));
        return space.branch === null
          ? diffFromRelay(space, location ?? null)
          : diffOfBranch(space, space.branch, location ?? null);
      }),
    );
}

async function diffFromRelay({ replica, ...space }: Space, location: string | null): Promise<Answer> {
  const found = replica.store.read((tables) => listUnpublished(replica, tables, location));
  const patch = await patcher();
  const changes = found.map(({ location: place, from, to }) => ({
    location: place,
    from: from?.hash ?? null,
    to: to?.hash ?? null,
    diff: patch(place, from, to),
  }));
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

async function diffOfBranch(
  space: Space,
  { id, label }: BranchView,
  location: string | null,
): Promise<Answer> {
  const { replica } = space;
  const { found, into } = replica.store.read((tables) => ({
    found: listDifferences(replica, tables, id, location),
    into: labelIn(space, tables, activeParentOf(tables, id)),
  }));
  const patch = await patcher();
  const changes = found.map(({ location: place, from, to, conflict, deprecation }) => ({
    location: place,
    from: from?.hash ?? null,
    to: to?.hash ?? null,
    diff: from?.hash === to?.hash ? "" : patch(place, from, to),
    conflict,
    deprecation,
  }));
  const conflicts = changes.filter(({ conflict }) => conflict !== null).length;
  const where = location === null ? label : `${label} at ${location}`;
  return {
    json: { changes, into },
    text: changes.flatMap((change) => [...describeDiff(change), ...describeDeprecation(change)]).join("\n"),
    note:
      changes.length === 0
        ? `${into} has all of ${where}: a merge would change nothing.`
        : conflicts === 0
          ? ""
          : paint.yellow(
              `! ${countOf(conflicts, "definition")} in conflict with ${into}: ${commandOn(space, "merge")} tells more.`,
            ),
  };
}

function describeDiff({ diff }: { readonly diff: string }): readonly string[] {
  return diff === "" ? [] : [coloured(diff)];
}

function describeDeprecation({
  location,
  deprecation,
}: {
  readonly location: string;
  readonly deprecation: string | null | undefined;
}): readonly string[] {
  if (deprecation === undefined) return [];
  if (deprecation === null) return [`${location} is deprecated no more.`];
  return [`${location} is deprecated${deprecation === "" ? "." : `: ${deprecation}`}`];
}

type Patch = (location: string, from: Version | null, to: Version | null) => string;

async function patcher(): Promise<Patch> {
  const { FILE_HEADERS_ONLY, formatPatch, structuredPatch } = await import("diff");
  return (location, from, to) =>
    formatPatch(
      structuredPatch(location, location, textOf(from), textOf(to), titleOf(from), titleOf(to)),
      FILE_HEADERS_ONLY,
    );
}

function textOf(version: Version | null): string {
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
