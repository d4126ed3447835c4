import type { Problem } from "@darksync/core/result";
import type { RelayUrl } from "@darksync/node/relay-url";
import { isSyncLocked } from "@darksync/node/sync-lock";
import { readStatus } from "@darksync/runtime/read/status";
import { dropDamagedBlocks, refoldAll } from "@darksync/runtime/replica/full-sync";
import { readFacts } from "@darksync/runtime/replica/replica";
import { lastProblem } from "@darksync/runtime/replica/sync-notes";
import { noCounts, type SyncOutcome } from "@darksync/runtime/replica/sync-tally";
import {
  type BranchFrontiers,
  branchConflictsJson,
  branchConflictsLine,
  branchFrontiers,
  conflictsCameTo,
} from "./branch-conflicts.js";
import type { Answer } from "./command.js";
import { interruptible } from "./interruption.js";
import { ProblemError } from "./problem-error.js";
import type { Space } from "./space.js";
import { SyncProgress } from "./sync-progress.js";
import { isWatching, newSession, pause, runSync, withSyncLock } from "./sync-run.js";
import { countOf, syncCounts } from "./wording.js";

const watcherWaitMs = 30_000;
const lookAgainMs = 50;

/** One sync in the foreground. If a `sync --watch` has the space, waits for it to have all. */
export async function syncOnce(space: Space, relay: RelayUrl, isJson: boolean): Promise<Answer> {
  if (isWatching(space) && isSyncLocked(space.paths.lock)) {
    // What it has synced says nothing of another relay.
    if (space.replica.store.read(readFacts).relay !== relay.text) throw new ProblemError(watchedElsewhere);
    return waitForWatcher(space);
  }
  const before = frontiersNow(space);
  const progress = newProgress(space, isJson);
  const { onProgress } = progress;
  const outcome = await interruptible(progress, stoppedText, () => runSync(space, relay, { onProgress }));
  return describeOutcome(space, outcome, before);
}

/** Downloads everything again, compares it with what is held, and makes the state anew. */
export async function syncFull(space: Space, relay: RelayUrl, isJson: boolean): Promise<Answer> {
  const before = frontiersNow(space);
  const progress = newProgress(space, isJson);
  const options = { onProgress: progress.onProgress, isFull: true };
  const work = () =>
    withSyncLock(space, async () => {
      const dropped = await dropDamagedBlocks(space.replica);
      const result = await newSession(space, relay, "once", options).run();
      if (result.problem === null) await refoldAll(space.replica);
      return { damaged: dropped, outcome: result };
    });
  const { damaged, outcome } = await interruptible(progress, stoppedText, work);
  const answer = await describeOutcome(space, outcome, before);
  const found =
    damaged === 0 ? "Nothing was damaged here." : `${countOf(damaged, "damaged block")} replaced.`;
  return {
    ...answer,
    json: { ...answer.json, damaged },
    text: `Everything was downloaded again. ${found}\n${answer.text}`,
  };
}

function newProgress(space: Space, isJson: boolean): SyncProgress {
  return new SyncProgress({ isWanted: !isJson, what: "Syncing", pending: space.status().pending });
}

function stoppedText(): string {
  return "Stopped. What went and what came is kept; `darklang sync` goes on.";
}

function frontiersNow(space: Space): BranchFrontiers {
  return space.replica.store.read((tables) => branchFrontiers(space, tables));
}

/** What a sync came to; a problem ends the command. `before`: how far branches were held, null where nothing came. */
async function describeOutcome(
  space: Space,
  outcome: SyncOutcome,
  before: BranchFrontiers | null,
): Promise<Answer> {
  const { pushed, pulled, problem, refused, detours, plansApplied, plansProblem, judged } = outcome;
  if (problem !== null) throw new ProblemError(problem);
  const { conflicts, failed } = space.status();
  const branches = before === null || pulled === 0 ? [] : conflictsCameTo(space, before);
  const lines = [
    syncCounts(pushed, pulled, conflicts, failed),
    ...(plansApplied > 0 ? [`${countOf(plansApplied, "conflict")} settled as planned.`] : []),
    ...(plansProblem === null
      ? []
      : [`Not settled as planned: ${plansProblem.message} ${plansProblem.hint}`]),
    ...(judged.size > 0 ? (await import("./sync-conflicts.js")).wordsSinceSync(space, judged) : []),
  ];
  if (conflicts > 0) lines.push("`darklang conflicts` shows what needs a decision.");
  lines.push(...branches.map(branchConflictsLine));
  if (failed > 0) lines.push("`darklang queue` shows what failed and why.");
  lines.push(...detourLines(detours));
  for (const { message, hint } of refused) lines.push(`Not taken: ${message} ${hint}`);
  return {
    json: {
      pushed,
      pulled,
      conflicts,
      failed,
      plansApplied,
      plansProblem: plansProblem?.message ?? null,
      branches: branches.map(branchConflictsJson),
    },
    text: lines.join("\n"),
    exitCode: failed > 0 || refused.length > 0 ? 1 : 0,
  };
}

/** What a sync says of segments that it did not take, though it has what they hold. */
export function detourLines(detours: readonly Problem[]): readonly string[] {
  return detours.map(({ message, hint }) => `All is here, but ${message}. ${hint}`);
}

const watchedElsewhere = {
  code: "sync-running",
  message: "the `darklang sync --watch` that runs here syncs with another relay",
  hint: "Stop it, then the same command again.",
} as const;

async function waitForWatcher(space: Space): Promise<Answer> {
  const { replica } = space;
  const read = () =>
    replica.store.read((tables) => ({
      pending: readStatus(tables, false).pending,
      reached: readFacts(tables).lastAttemptReached,
      problem: lastProblem(tables),
    }));
  const pendingBefore = read().pending;
  const deadlineMs = Date.now() + watcherWaitMs;
  for (;;) {
    const { pending, reached, problem } = read();
    if (problem !== null) throw new ProblemError(problem);
    if (pending === 0 && reached === true) {
      const counts = {
        ...noCounts,
        pushed: pendingBefore,
        plansApplied: 0,
        plansProblem: null,
        judged: new Set<string>(),
      };
      const answer = await describeOutcome(
        space,
        { ...counts, problem: null, refused: [], detours: [] },
        null,
      );
      return { ...answer, text: `\`darklang sync --watch\` keeps this space in sync.\n${answer.text}` };
    }
    if (Date.now() > deadlineMs || !isSyncLocked(space.paths.lock)) {
      throw new ProblemError({
        code: "sync-running",
        message: "the `darklang sync --watch` that runs here did not finish in time",
        hint: "Look at what it prints, or stop it and try again.",
      });
    }
    await pause(lookAgainMs);
  }
}
