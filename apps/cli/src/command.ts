import { mainBranch } from "@darksync/core/conflict";
import { describeStatus, type SyncStatus } from "@darksync/core/status";
import { currentBranch } from "@darksync/runtime/branch/current-branch";
import { readFacts } from "@darksync/runtime/replica/replica";
import { EvictedError } from "@darksync/runtime/store/evicted-error";
import type { Command } from "commander";
import { syncInBackground } from "./background.js";
import { warnOfLowDisk } from "./disk.js";
import { paint } from "./paint.js";
import { findSpace, openSpace, type Space } from "./space.js";
import { terminalText } from "./terminal-text.js";

/** Options that every command has. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly space?: string;
  readonly branch?: string;
  readonly offline?: boolean;
}

/** What a command has to say. */
export interface Answer {
  /** For `--json`, beside `sync`. */
  readonly json: Readonly<Record<string, unknown>>;
  /** For people; lines without a line break at the end. */
  readonly text: string;
  /** What there is to say about the text; it goes to stderr where stdout is no terminal, so that the text can be piped. */
  readonly note?: string;
  /** 1: it could not be done, or not wholly. */
  readonly exitCode?: 0 | 1;
}

/** Whether a command changes the space; then a linked relay hears of it in the background (eager sync). */
export type Access = "reads" | "writes";

type Work<Arguments extends unknown[]> = (
  space: Space,
  command: Command,
  ...args: Arguments
) => Promise<Answer> | Answer;

type Action<Arguments extends unknown[]> = (...args: [...Arguments, Command]) => Promise<void>;

/**
 * The action of a command that works on packages (its arguments, then its options): opens the space on the branch
 * that is worked on, prints the answer with the sync indicator, and closes it.
 */
export function inSpace<Arguments extends unknown[]>(
  access: Access,
  work: Work<Arguments>,
): Action<Arguments> {
  return actionOf(access, work, (space, options) => onPickedBranch(space, options, access));
}

/**
 * The same for what concerns all branches alike: exchange, the queue, health, settings, branches themselves. Its
 * replica is main's; the branch that is worked on may be one that nothing can be done with.
 */
export function inWholeSpace<Arguments extends unknown[]>(
  access: Access,
  work: Work<Arguments>,
): Action<Arguments> {
  return actionOf(access, work, besidePickedBranch);
}

function actionOf<Arguments extends unknown[]>(
  access: Access,
  work: Work<Arguments>,
  enter: (space: Space, options: GlobalOptions) => Promise<Space>,
): Action<Arguments> {
  return async (...all) => {
    const command = all.at(-1) as Command;
    const options = command.optsWithGlobals<GlobalOptions>();
    const opened = await openSpace(findSpace(options.space));
    try {
      const space = await enter(opened, options);
      const answer = await withEvicted(space, command, options, () =>
        work(space, command, ...(all.slice(0, -1) as Arguments)),
      );
      if (access === "writes" || command.name() === "sync") warnOfLowDisk(opened.paths);
      const isHandedOver = access === "writes" && options.offline !== true && syncInBackground(space);
      const after = await besidePickedBranch(opened, { ...options, ...idOf(space.branch, options) });
      report(answer, isHandedOver ? { ...after, status: () => statusHandedOver(after) } : after, options);
    } finally {
      opened.close();
    }
  };
}

/** What a command comes to; history that was evicted and that it needs is fetched. */
async function withEvicted(
  space: Space,
  command: Command,
  options: GlobalOptions,
  work: () => Promise<Answer> | Answer,
): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof EvictedError)) throw error;
    const { fetchAndDo } = await import("./fetch-evicted.js");
    return fetchAndDo(space, command, options, work);
  }
}

/** The status where a worker has just begun to sync what was saved, and does not hold the lock yet. */
function statusHandedOver(space: Space): SyncStatus {
  const status = space.status();
  const { lastAttemptReached } = space.replica.store.read(readFacts);
  return status.state === "offline" && lastAttemptReached === true ? { ...status, state: "syncing" } : status;
}

/** The branch that was named for this command, as the options or the environment say; null: none was. */
function namedBranch({ branch = process.env.DARKLANG_BRANCH }: GlobalOptions): string | null {
  return branch === undefined || branch === "" ? null : branch;
}

// A branch that was named for the command may have got another name by it.
function idOf(branch: Space["branch"], options: GlobalOptions): Pick<GlobalOptions, "branch"> {
  return branch === null || namedBranch(options) === null ? {} : { branch: branch.id };
}

async function onPickedBranch(space: Space, options: GlobalOptions, access: Access): Promise<Space> {
  const named = namedBranch(options);
  if (isMain(space, named)) return space;
  const { enterBranch } = await import("./branch-space.js");
  return enterBranch(space, named, access);
}

async function besidePickedBranch(space: Space, options: GlobalOptions): Promise<Space> {
  const named = namedBranch(options);
  if (isMain(space, named)) return space;
  const { besideBranch } = await import("./branch-space.js");
  return besideBranch(space, named);
}

function isMain({ replica }: Space, named: string | null): boolean {
  return named === mainBranch || (named === null && replica.store.read(currentBranch) === null);
}

/** Prints an answer: JSON with the sync status, or text with the indicator on a terminal. */
export function report(
  answer: Answer,
  space: Pick<Space, "status" | "branch">,
  { json }: GlobalOptions,
): void {
  const status = space.status();
  const branch = space.branch?.label ?? mainBranch;
  if (json === true) print(JSON.stringify({ branch, ...answer.json, sync: status }));
  else {
    if (answer.text !== "") print(answer.text);
    if (answer.note !== undefined && answer.note !== "") printNote(answer.note);
    if (process.stdout.isTTY) {
      const place = space.branch === null ? "" : `on ${branch} · `;
      print(paint.dim(`${place}${describeStatus(status, Date.now())}`));
    }
  }
  if (answer.exitCode !== undefined) process.exitCode = answer.exitCode;
}

function printNote(note: string): void {
  if (process.stdout.isTTY) print(note);
  else process.stderr.write(`${note}\n`);
}

/** Writes a line to stdout. */
export function print(line: string): void {
  process.stdout.write(`${process.stdout.isTTY ? terminalText(line) : line}\n`);
}
