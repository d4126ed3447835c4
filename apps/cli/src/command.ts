import { describeStatus, type SyncStatus } from "@darksync/core/status";
import { readFacts } from "@darksync/runtime/replica/replica";
import type { Command } from "commander";
import { syncInBackground } from "./background.js";
import { paint } from "./paint.js";
import { wrongUsage } from "./problem-error.js";
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

/** The action of a command in a space (its arguments, then its options): opens it, prints the answer with the sync indicator, and closes it. */
export function inSpace<Arguments extends unknown[]>(
  access: Access,
  work: (space: Space, command: Command, ...args: Arguments) => Promise<Answer> | Answer,
): (...args: [...Arguments, Command]) => Promise<void> {
  return async (...all) => {
    const command = all.at(-1) as Command;
    const options = command.optsWithGlobals<GlobalOptions>();
    checkBranch(options);
    const space = await openSpace(findSpace(options.space));
    try {
      const answer = await work(space, command, ...(all.slice(0, -1) as Arguments));
      const isHandedOver = access === "writes" && options.offline !== true && syncInBackground(space);
      report(answer, isHandedOver ? { status: () => statusHandedOver(space) } : space, options);
    } finally {
      space.close();
    }
  };
}

/** The status where a worker has just begun to sync what was saved, and does not hold the lock yet. */
function statusHandedOver(space: Space): SyncStatus {
  const status = space.status();
  const { lastAttemptReached } = space.replica.store.read(readFacts);
  return status.state === "offline" && lastAttemptReached === true ? { ...status, state: "syncing" } : status;
}

function checkBranch({ branch = process.env.DARKLANG_BRANCH }: GlobalOptions): void {
  if (branch === undefined || branch === "" || branch === "main") return;
  wrongUsage(
    `there is no branch ${branch}: this version knows main only`,
    "Leave --branch and DARKLANG_BRANCH out.",
  );
}

/** Prints an answer: JSON with the sync status, or text with the indicator on a terminal. */
export function report(answer: Answer, space: Pick<Space, "status">, { json }: GlobalOptions): void {
  const status = space.status();
  if (json === true) print(JSON.stringify({ ...answer.json, sync: status }));
  else {
    if (answer.text !== "") print(answer.text);
    if (answer.note !== undefined && answer.note !== "") printNote(answer.note);
    if (process.stdout.isTTY) print(paint.dim(describeStatus(status, Date.now())));
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
