import { type CacheView, readCache } from "@darksync/runtime/cache/cache-view";
import { type Eviction, evict } from "@darksync/runtime/cache/evict";
import { knownOwners } from "@darksync/runtime/cache/known-owners";
import { readCacheSettings, writeCacheSettings } from "@darksync/runtime/cache/settings";
import { type Command, InvalidArgumentError } from "commander";
import { byteText, parseBytes } from "../byte-text.js";
import { type Answer, type GlobalOptions, inWholeSpace } from "../command.js";
import { mayUseReserve } from "../disk.js";
import { turn } from "../make-room.js";
import { ProblemError } from "../problem-error.js";
import { startProgress } from "../progress.js";
import type { Space } from "../space.js";
import { countOf, someOf } from "../wording.js";

interface CacheOptions {
  readonly limit?: number;
  readonly keep?: readonly string[];
  readonly unkeep?: readonly string[];
  readonly evict?: true;
}

export function addCache(program: Command): void {
  program
    .command("cache")
    .description("the room that this space takes, and what may go to save some")
    .option("--limit <size>", "how much it may take, like 500MB or 2GB (at first 2GB)", readLimit)
    .option("--keep <owner...>", "keep all versions of all that these owners have")
    .option("--unkeep <owner...>", "keep no more of these owners than of others")
    .option("--evict", "let go now of all that may go; with --limit, only of what is beyond it")
    .addHelpText(
      "after",
      `
After each sync that leaves the space larger than its limit, what was not used
for longest goes: first texts of old versions and of branches that you are not
on, which the history still has; then sealed parts of the history, which the
relay still has, and which come back from there when they are needed.

Always kept: what main and your branch show, what you changed and no relay has
yet, names, versions in conflict and what they were made from, and everything of
the owners named with --keep.

Examples:
  darklang cache
  darklang cache --limit 500MB
  darklang cache --keep Stripe Acme
  darklang cache --evict`,
    )
    .action(
      inWholeSpace("reads", (space, command, options: CacheOptions) =>
        mayUseReserve(space, () =>
          runCache(space, options, command.optsWithGlobals<GlobalOptions>().json === true),
        ),
      ),
    );
}

function readLimit(text: string): number {
  const bytes = parseBytes(text);
  // 5 for 5GB would let go of all that may go.
  const hasNoUnit = /^\d+$/.test(text) && bytes !== 0;
  if (bytes === null || hasNoUnit)
    throw new InvalidArgumentError(`${hasNoUnit ? "It has no unit. " : ""}Give a size, like 500MB or 2GB.`);
  return bytes;
}

async function runCache(space: Space, options: CacheOptions, isJson: boolean): Promise<Answer> {
  await changeSettings(space, options);
  const eviction = options.evict === true ? await evictNow(space, options.limit ?? 0, isJson) : null;
  const view = readCache(space.replica);
  return {
    json: {
      ...json(view),
      evicted: eviction?.texts ?? 0,
      segments: eviction?.segments ?? 0,
      freedBytes: eviction?.freedBytes ?? 0,
    },
    text: [...(eviction === null ? [] : [describeEviction(eviction)]), ...describe(view)].join("\n"),
  };
}

async function changeSettings(
  { replica }: Space,
  { limit, keep = [], unkeep = [] }: CacheOptions,
): Promise<void> {
  if (limit === undefined && keep.length === 0 && unkeep.length === 0) return;
  await replica.store.write((tables) => {
    const settings = readCacheSettings(tables.meta);
    refuseUnknown(keep, knownOwners(tables));
    refuseUnknown(unkeep, settings.keep);
    const kept = [...settings.keep, ...keep].filter((owner) => !unkeep.includes(owner));
    writeCacheSettings(tables.meta, { limitBytes: limit ?? settings.limitBytes, keep: kept });
  });
}

function refuseUnknown(owners: readonly string[], known: readonly string[]): void {
  const unknown = owners.find((owner) => !known.includes(owner));
  if (unknown === undefined) return;
  throw new ProblemError({
    code: "unknown-owner",
    message: `there is no owner ${unknown} to choose from`,
    hint: known.length === 0 ? "None is kept now." : `It has ${someOf(known, shownOwners)}.`,
  });
}

const shownOwners = 8;

// A sync may run meanwhile: each step of an eviction is a transaction of its own.
async function evictNow(space: Space, targetBytes: number, isQuiet: boolean): Promise<Eviction> {
  const { texts } = readCache(space.replica).evictable;
  const progress = startProgress("Making room:", texts, isQuiet);
  try {
    return await evict(space.replica, targetBytes, async (evicted) => {
      await progress.advance(evicted);
      await turn();
    });
  } finally {
    progress.end();
  }
}

function json({ limitBytes, usedBytes, keep, texts, essential, evictable, history }: CacheView) {
  return { limitBytes, usedBytes, keep, texts, essential, evictable, history };
}

function describeEviction({ texts, segments, freedBytes }: Eviction): string {
  const evicted = [
    ...(texts === 0 ? [] : [countOf(texts, "text")]),
    ...(segments === 0 ? [] : [`${countOf(segments, "part")} of the history`]),
  ];
  if (evicted.length > 0) return `${byteText(freedBytes)} freed: ${evicted.join(" and ")} evicted.`;
  return freedBytes === 0
    ? "There was nothing that may go."
    : `${byteText(freedBytes)} freed: texts are stored smaller.`;
}

function describe(view: CacheView): readonly string[] {
  const { limitBytes, usedBytes, keep, texts, essential, evictable, history } = view;
  const other = Math.max(0, usedBytes - texts.bytes - history.bytes);
  const gone =
    history.evictedBytes === 0 ? "" : `, ${byteText(history.evictedBytes)} of which are only on the relay`;
  const size = (bytes: number) => byteText(bytes).padStart(9);
  const lines = [
    `${byteText(usedBytes)} used, of ${byteText(limitBytes)}.`,
    `  texts    ${size(texts.bytes)}  ${countOf(texts.count, "text")}, of which ${byteText(essential.bytes)} are always kept`,
    `  history  ${size(history.bytes)}  the changes as they were signed${gone}`,
    `  other    ${size(other)}  names, ids and indexes`,
  ];
  if (texts.evicted > 0)
    lines.push(`${countOf(texts.evicted, "text")} evicted; they are read from the history.`);
  const mayGo = evictable.textBytes + evictable.historyBytes;
  if (mayGo > 0) lines.push(`${byteText(mayGo)} may go: darklang cache --evict does it now.`);
  if (usedBytes > limitBytes && mayGo === 0) lines.push("What is always kept takes more than the limit.");
  if (keep.length > 0)
    lines.push(`Kept whole: ${keep.join(", ")} (undo: darklang cache --unkeep ${keep[0]}).`);
  return lines;
}
