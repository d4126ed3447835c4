import { branchLog, branchOfLog } from "@darksync/core/branch";
import { parseRelayUrl, type RelayUrl } from "@darksync/node/relay-url";
import { listBranches } from "@darksync/runtime/branch/branch-list";
import { type LogStatus, readLogStatus } from "@darksync/runtime/read/status";
import { dropChanges, unsignedChanges } from "@darksync/runtime/replica/drop";
import { unparkAll } from "@darksync/runtime/replica/park";
import { retryPulls } from "@darksync/runtime/replica/queue-order";
import { readFacts } from "@darksync/runtime/replica/replica";
import { lastProblem } from "@darksync/runtime/replica/sync-notes";
import { isUnreachable } from "@darksync/sync/problem-class";
import type { Command } from "commander";
import { syncInBackground } from "../background.js";
import { type Answer, type GlobalOptions, inWholeSpace } from "../command.js";
import { mayUseReserve } from "../disk.js";
import { logNameOf } from "../log-name.js";
import { ProblemError, unwrap, wrongUsage } from "../problem-error.js";
import { describeItem, isoTime, queueItemJson, readQueue } from "../queue-text.js";
import type { Space } from "../space.js";
import { syncFull, syncOnce } from "../sync-once.js";
import { linkedRelay, withSyncLock } from "../sync-run.js";
import { minutesOf, watch } from "../sync-watch.js";
import { syncInWorker } from "../sync-worker.js";
import { countOf, discardedText, localTime } from "../wording.js";
import { writeChangeBundle } from "../write-bundle.js";
import { refuseInvitation } from "./join.js";

interface SyncOptions {
  readonly relay?: string;
  readonly invite?: string;
  readonly watch?: true;
  readonly status?: true;
  readonly retryFailed?: true;
  readonly clearQueue?: true;
  readonly full?: true;
  readonly strategy?: string;
  readonly background?: true;
}

export function addSync(program: Command): void {
  program
    .command("sync")
    .description("exchange changes with the relay")
    .option("--relay <url>", "link this space to a relay first")
    .option("--invite <code>", "an invitation code")
    .option("--watch", "stay, and sync what is saved here and elsewhere")
    .option("--status", "the queue and when each log was last synced; no traffic")
    .option("--retry-failed", "try what failed once more")
    .option("--clear-queue", "discard what was never sent; a file that brings it back is written first")
    .option("--full", "download everything again")
    .option("--strategy <when>", "eager: after each save; lazy: by hand; periodic[:MIN]: every MIN minutes")
    .addHelpText(
      "after",
      `
Examples:
  darklang sync --relay http://127.0.0.1:7420
  darklang sync --watch
  darklang sync --status --json
  darklang sync --strategy periodic:30`,
    )
    .addOption(program.createOption("--background").hideHelp())
    .action(
      inWholeSpace("reads", (space, command, options: SyncOptions) =>
        runSyncCommand(space, command, options),
      ),
    );
}

async function runSyncCommand(space: Space, command: Command, options: SyncOptions): Promise<Answer> {
  refuseInvitation(options.invite);
  refuseMixed(options);
  if (options.status === true) return describeQueue(space);
  if (options.strategy !== undefined) return setStrategy(space, options.strategy);
  if (options.clearQueue === true) return mayUseReserve(space, () => clearQueue(space));
  const { offline, json } = command.optsWithGlobals<GlobalOptions>();
  const { workOffline } = space.replica.store.read(readFacts);
  if (options.background === true) return syncInWorker(space);
  if (offline === true || workOffline) throw new ProblemError(offlineByChoice(workOffline));
  const isJson = json === true;
  if (options.relay !== undefined) return linkAndSync(space, options, options.relay, isJson);
  return exchange(space, options, linkedRelay(space), isJson);
}

async function exchange(
  space: Space,
  options: SyncOptions,
  relay: RelayUrl,
  isJson: boolean,
): Promise<Answer> {
  if (options.retryFailed === true) {
    await unparkAll(space.replica);
    await retryPulls(space.replica);
  }
  if (options.watch === true) return watch(space, relay, isJson);
  const answer = await (options.full === true ? syncFull : syncOnce)(space, relay, isJson);
  // What was saved while this one ran saw its lock and left the work to it.
  if (space.replica.store.read(({ changes }) => changes.logsWithUnsigned()).length > 0)
    syncInBackground(space);
  return answer;
}

/** The link is kept only if what answers is a relay that has or takes this space. */
async function linkAndSync(
  space: Space,
  options: SyncOptions,
  given: string,
  isJson: boolean,
): Promise<Answer> {
  const { relay: before, space: own } = space.replica.store.read(readFacts);
  const relay = unwrap(parseRelayUrl(given));
  try {
    const answer = await exchange(space, options, relay, isJson);
    const { space: joined } = space.replica.store.read(readFacts);
    return joined === own ? answer : { ...answer, text: `${joinedText(joined)}\n${answer.text}` };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const isLinked = space.replica.store.read(readFacts).relay === relay.text;
    if (!isLinked) await forgetAttempt(space);
    const { problem, exitCode } = error;
    const now = isLinked || before === null ? "" : ` The link to ${before} stays.`;
    const message = `${relay.text}: ${problem.message}.${now}`;
    const unlinked = before === null ? " The space is linked to no relay." : "";
    const hint =
      isUnreachable(problem.code) && !isLinked
        ? `Your work is safe here.${unlinked} Check the URL, then the same command again.`
        : problem.hint;
    throw new ProblemError({ ...problem, message, hint }, exitCode);
  }
}

// A new space becomes part of the one that the relay has (P3), which whoever links it may not have known of.
function joinedText(id: string): string {
  return `The relay has a space: what was made here is part of that now (${id.slice(0, 8)}).`;
}

// What was said of the other relay says nothing of this one.
async function forgetAttempt({ replica }: Space): Promise<void> {
  await replica.store.write(({ meta }) => {
    for (const key of ["lastAttemptReached", "lastProblem"]) meta.set(key, null);
  });
}

function refuseMixed(options: SyncOptions): void {
  const alone = [
    ["--status", options.status],
    ["--clear-queue", options.clearQueue],
    ["--strategy", options.strategy],
    ["--watch", options.watch],
    ["--full", options.full],
  ].filter(([, given]) => given !== undefined);
  if (alone.length > 1) {
    wrongUsage(
      `${alone.map(([name]) => name).join(" and ")} do not go together`,
      "Give one of them at a time.",
    );
  }
}

function offlineByChoice(isSwitch: boolean): {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
} {
  return isSwitch
    ? {
        code: "work-offline",
        message: "this space works offline by choice, so there is no traffic",
        hint: "`darklang offline off` switches back.",
      }
    : { code: "work-offline", message: "--offline allows no traffic", hint: "Leave --offline out to sync." };
}

function describeQueue(space: Space): Answer {
  const queue = readQueue(space);
  const logs = space.replica.store.read(readLogStatus);
  const { state, lastSyncedAt } = space.status();
  const { relay, strategy, lastSyncedAtMs } = space.replica.store.read(readFacts);
  const problem = space.replica.store.read(lastProblem);
  const lines = [
    `Relay: ${relay ?? "none"} (${strategy})`,
    `Last synced: ${timeOrNever(lastSyncedAtMs)}`,
    ...(problem === null ? [] : [`The last attempt failed: ${problem.message}`]),
    queue.length === 0 ? "The queue is empty." : "Queue:",
    ...queue.map((item) => `  ${describeItem(item)}`),
    ...describeLogs(space, logs),
  ];
  return {
    json: {
      state,
      lastSyncedAt,
      relay,
      strategy,
      queue: queue.map(queueItemJson),
      logs: logs.map(({ log, lastSyncedAtMs, pending }) => ({
        log,
        lastSyncedAt: isoTime(lastSyncedAtMs),
        pending,
      })),
    },
    text: lines.join("\n"),
  };
}

function timeOrNever(timeMs: number | null): string {
  return timeMs === null ? "never" : localTime(timeMs);
}

/** A line for each log; those of branches that others keep to themselves are but counted. */
function describeLogs({ replica }: Space, logs: readonly LogStatus[]): readonly string[] {
  return replica.store.read((tables) => {
    const mine = new Set(listBranches(replica, tables).map(({ id }) => branchLog(id)));
    const shown = logs.filter(({ log }) => branchOfLog(log) === null || mine.has(log));
    const hidden = logs.length - shown.length;
    return [
      ...shown.map(
        ({ log, lastSyncedAtMs, pending }) =>
          `  ${logNameOf(replica, tables, log)}: ${pending} pending, last synced ${timeOrNever(lastSyncedAtMs)}`,
      ),
      ...(hidden > 0 ? [`  and ${countOf(hidden, "branch", "branches")} not shared with you`] : []),
    ];
  });
}

async function setStrategy({ replica }: Space, strategy: string): Promise<Answer> {
  if (!/^(eager|lazy|periodic(:[1-9]\d{0,4})?)$/.test(strategy)) {
    wrongUsage(`there is no strategy ${strategy}`, "Give eager, lazy, periodic or periodic:MINUTES.");
  }
  await replica.store.write(({ meta }) => meta.set("strategy", strategy));
  return { json: { strategy }, text: strategyText(strategy) };
}

function strategyText(strategy: string): string {
  if (strategy === "eager") return "A save is synced in the background at once.";
  if (strategy === "lazy") return "Nothing is synced unless you run `darklang sync`.";
  const minutes = countOf(minutesOf(strategy), "minute");
  return `\`darklang sync --watch\` syncs every ${minutes}; a save alone syncs nothing.`;
}

function clearQueue(space: Space): Promise<Answer> {
  return withSyncLock(space, async () => {
    const { replica } = space;
    const records = replica.store.read(unsignedChanges);
    const bundle = records.length === 0 ? null : writeChangeBundle(space, records);
    const dropped = await dropChanges(replica, new Set(records.map(({ id }) => id)));
    await replica.store.write(({ queue }) => {
      for (const { id, task } of queue.list()) if (task.type === "pull") queue.remove(id);
    });
    return {
      json: { dropped, bundle },
      text:
        bundle === null
          ? "Nothing waits unsigned; there was nothing to discard."
          : discardedText(dropped, bundle),
    };
  });
}
