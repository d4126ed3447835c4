import type { Problem } from "@darksync/core/result";
import type { RelayUrl } from "@darksync/node/relay-url";
import { readStatus } from "@darksync/runtime/read/status";
import { readFacts } from "@darksync/runtime/replica/replica";
import { lastProblem } from "@darksync/runtime/replica/sync-notes";
import { noCounts, type SyncCounts, type SyncOutcome } from "@darksync/runtime/replica/sync-tally";
import { type Answer, print } from "./command.js";
import { makeRoom } from "./make-room.js";
import { ProblemError } from "./problem-error.js";
import type { Space } from "./space.js";
import { isWatching, newSession, noteWatching, pause, withSyncLock } from "./sync-run.js";
import { countOf, syncCounts } from "./wording.js";

/** How often it is looked whether other processes saved something: a small query. */
const lookIntervalMs = 150;
const minuteMs = 60_000;

/** Stays and syncs what is saved here and what others sync, until SIGINT or SIGTERM. */
export function watch(space: Space, relay: RelayUrl, isJson: boolean): Promise<Answer> {
  return withSyncLock(space, async () => {
    await noteWatching(space, true);
    const watcher = new Watcher(space, relay, isJson ? () => {} : print);
    const stop = () => watcher.stop();
    // A terminal tells this process and the one that launched it, which passes it on: the second one must not kill it,
    // not even when it comes at the very end.
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stop);
    try {
      return await watcher.run();
    } finally {
      if (isWatching(space)) await noteWatching(space, false);
    }
  });
}

class Watcher {
  readonly #space: Space;
  readonly #relay: RelayUrl;
  readonly #tell: (line: string) => void;
  #isStopped = false;
  #stopSession: (() => void) | null = null;
  #pushed = 0;
  #pulled = 0;
  #told = "";
  /** Making room while it stays. */
  #keeping: Promise<void> = Promise.resolve();

  constructor(space: Space, relay: RelayUrl, tell: (line: string) => void) {
    this.#space = space;
    this.#relay = relay;
    this.#tell = (line) => tell(`${new Date().toISOString().slice(11, 19)} ${line}`);
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopSession?.();
  }

  async run(): Promise<Answer> {
    while (!this.#isStopped) {
      const { workOffline, strategy } = this.#facts();
      if (workOffline) {
        this.#tellOnce("working offline: `darklang offline off` goes on");
        await pause(lookIntervalMs);
      } else if (strategy.startsWith("periodic")) await this.#syncAndWait(minutesOf(strategy));
      else await this.#stay();
    }
    const { conflicts, failed } = this.#space.replica.store.read((tables) => readStatus(tables, false));
    return {
      json: { pushed: this.#pushed, pulled: this.#pulled, conflicts, failed },
      text: `Stopped. ${syncCounts(this.#pushed, this.#pulled, conflicts, failed)}`,
    };
  }

  #facts() {
    return this.#space.replica.store.read(readFacts);
  }

  async #stay(): Promise<void> {
    const session = newSession(this.#space, this.#relay, "stay", { onProgress: this.#counter() });
    this.#stopSession = () => session.stop();
    const looking = setInterval(() => {
      this.#look();
      if (this.#facts().workOffline) session.stop();
      else session.changed();
    }, lookIntervalMs);
    const keeping = setInterval(() => {
      this.#keeping = this.#keeping.then(() => makeRoom(this.#space));
      // What went wrong is told at the end: it ends the session, too.
      this.#keeping.catch(() => session.stop());
    }, minuteMs);
    try {
      this.#end(await session.run());
      await this.#keeping;
    } finally {
      clearInterval(looking);
      clearInterval(keeping);
      this.#stopSession = null;
    }
  }

  async #syncAndWait(minutes: number): Promise<void> {
    const session = newSession(this.#space, this.#relay, "once", { onProgress: this.#counter() });
    this.#stopSession = () => session.stop();
    const outcome = await session.run();
    this.#stopSession = null;
    await makeRoom(this.#space);
    this.#look();
    const nextMs = Date.now() + minutes * minuteMs;
    if (outcome.problem === null) this.#end(outcome);
    while (!this.#isStopped && Date.now() < nextMs) await pause(lookIntervalMs);
  }

  #end({ problem, refused }: SyncOutcome): void {
    for (const { message, hint } of refused) this.#tell(`not taken: ${message} ${hint}`);
    if (problem !== null) throw new ProblemError(problem);
  }

  /** Adds up what one session counts from 0, and tells of it. */
  #counter(): (counts: SyncCounts) => void {
    let last = noCounts;
    return (counts) => {
      const [pushed, pulled] = [counts.pushed - last.pushed, counts.pulled - last.pulled];
      const parked = counts.parked - last.parked;
      last = counts;
      this.#pushed += pushed;
      this.#pulled += pulled;
      if (pushed > 0) this.#tell(`${pushed} pushed`);
      if (pulled > 0) this.#tell(`${pulled} pulled`);
      if (parked > 0) this.#tell(`${parked} refused: see \`darklang queue\``);
    };
  }

  /** Tells when the relay goes or comes back, and when there is something to decide. */
  #look(): void {
    const { problem, reached, conflicts } = this.#space.replica.store.read((tables) => ({
      problem: lastProblem(tables),
      reached: readFacts(tables).lastAttemptReached,
      conflicts: readStatus(tables, false).conflicts,
    }));
    if (problem !== null || reached !== null) this.#tellOnce(describeLink(problem, conflicts));
  }

  #tellOnce(line: string): void {
    if (line === this.#told) return;
    this.#told = line;
    this.#tell(line);
  }
}

function describeLink(problem: Problem | null, conflicts: number): string {
  if (problem !== null) return `${problem.message}; trying again`;
  return conflicts === 0
    ? "in touch with the relay"
    : `in touch with the relay, ${countOf(conflicts, "conflict")}`;
}

const defaultMinutes = 15;

/** The minutes of `periodic` or `periodic:MIN`. */
export function minutesOf(strategy: string): number {
  return Number(strategy.split(":")[1] ?? defaultMinutes);
}
