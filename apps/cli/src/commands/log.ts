import { checkLocation, unknownLocation } from "@darksync/runtime/edit/naming";
import { type HistoryEntry, readHistory } from "@darksync/runtime/read/history";
import { mergedFrom } from "@darksync/runtime/read/merged-from";
import { type Command, InvalidArgumentError } from "commander";
import { branchNaming } from "../branch-words.js";
import { type BranchNaming, describeOps, jsonOfOp } from "../change-text.js";
import { type Answer, inSpace } from "../command.js";
import { markSymbol } from "../mark-symbol.js";
import { paint } from "../paint.js";
import { unwrap } from "../problem-error.js";
import { isoTime } from "../queue-text.js";
import type { Space } from "../space.js";
import { describeMerge, localTime, shortId } from "../wording.js";

const defaultLimit = 20;

export function addLog(program: Command): void {
  program
    .command("log [LOCATION]")
    .description("show the latest changes, all or those of one definition")
    .option("--limit <n>", "how many at most", readLimit, defaultLimit)
    .addHelpText(
      "after",
      `
The latest is on top: of one definition in the order of time; of all, first what
came here since the first sync, in the order in which it came.

Examples:
  darklang log
  darklang log Acme.Money.add --limit 100`,
    )
    .action(
      inSpace("reads", (space, _command, location: string | undefined, options: { readonly limit: number }) =>
        runLog(space, location ?? null, options.limit),
      ),
    );
}

/** Reads a count of at least 1. */
function readLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new InvalidArgumentError("It must be a number from 1 on.");
  return limit;
}

function runLog(space: Space, location: string | null, limit: number): Answer {
  const { replica } = space;
  if (location !== null) unwrap(checkLocation(location));
  const { entries, merged, nameOfBranch } = replica.store.read((tables) => {
    const found = readHistory(replica, tables, limit, location);
    if (location !== null && found.length === 0) unwrap(unknownLocation(tables, location));
    const row = location === null ? null : tables.packages.nameRow(location);
    return {
      entries: found,
      merged: row === null ? [] : mergedFrom(tables, row),
      nameOfBranch: branchNaming(space, tables),
    };
  });
  const changes = entries.map(({ id, author, timeMs, isSkewed, log, state, setAside, ops }) => ({
    id,
    author,
    time: timeMs === 0 ? null : isoTime(timeMs),
    log,
    state,
    skewed: isSkewed,
    setAside,
    ops: ops.map((op) => jsonOfOp(replica.hash, op)),
  }));
  const lines = entries.flatMap((entry) => describeEntry(entry, nameOfBranch));
  return { json: { changes, merged }, text: [...describeMerge(merged), ...lines].join("\n") };
}

const maxOpLines = 5;

function describeEntry(
  { id, author, timeMs, isSkewed, state, setAside, ops }: HistoryEntry,
  nameOfBranch: BranchNaming,
): readonly string[] {
  const time = isSkewed ? `${localTime(timeMs)} (its clock is ahead)` : localTime(timeMs);
  const heading = `${markSymbol(state)} ${paint.yellow(shortId(id))} ${paint.dim(time)} ${author}`;
  const lines = setAside === null ? describeOps(ops, maxOpLines, nameOfBranch) : [`set aside: ${setAside}`];
  return [heading, ...lines.map((line) => `    ${line}`)];
}
