import type { Location } from "@darksync/core/location";
import type { Problem, Result } from "@darksync/core/result";

/** Changes that went and came so far. */
export interface SyncCounts {
  readonly pushed: number;
  readonly pulled: number;
  /** Changes that the relay refused. */
  readonly parked: number;
  /** Bytes of sealed segments that are here, of those that are fetched. */
  readonly fetchedBytes: number;
  readonly wantedBytes: number;
}

export const noCounts: SyncCounts = { pushed: 0, pulled: 0, parked: 0, fetchedBytes: 0, wantedBytes: 0 };

/** How a sync ended. */
export interface SyncOutcome extends SyncCounts {
  readonly problem: Problem | null;
  /** Conflicts that were foreseen, came, and were settled as planned. */
  readonly plansApplied: number;
  /** Why conflicts that were foreseen and came were not settled as planned; null if they were, or none came. */
  readonly plansProblem: Problem | null;
  /** The locations where what came made a difference to several heads. */
  readonly judged: ReadonlySet<Location>;
  /** Blocks of others that were not taken; the relay passed on what it should not have. */
  readonly refused: readonly Problem[];
  /** Why segments were not taken: what they hold came block by block. */
  readonly detours: readonly Problem[];
}

/** What a sync has come to so far. */
export class SyncTally {
  readonly #onProgress: (counts: SyncCounts) => void;
  readonly #judged = new Set<Location>();
  readonly #refused: Problem[] = [];
  readonly #detours: Problem[] = [];
  #counts = noCounts;
  #plansApplied = 0;
  #plansProblem: Problem | null = null;

  constructor(onProgress: (counts: SyncCounts) => void) {
    this.#onProgress = onProgress;
  }

  count({
    pushed = 0,
    pulled = 0,
    parked = 0,
    fetchedBytes = 0,
    wantedBytes = 0,
  }: Partial<SyncCounts>): void {
    this.#counts = {
      pushed: this.#counts.pushed + pushed,
      pulled: this.#counts.pulled + pulled,
      parked: this.#counts.parked + parked,
      fetchedBytes: this.#counts.fetchedBytes + fetchedBytes,
      wantedBytes: this.#counts.wantedBytes + wantedBytes,
    };
    this.#onProgress(this.#counts);
  }

  noteJudged(locations: Iterable<Location>): void {
    for (const location of locations) this.#judged.add(location);
  }

  /** What is so still when a sync that stays looks again is told once. */
  refuse(...problems: readonly Problem[]): void {
    for (const problem of problems)
      if (!this.#refused.some(({ code, message }) => code === problem.code && message === problem.message))
        this.#refused.push(problem);
  }

  /** Of a relay whose segments cannot be had it is enough to be told once. */
  noteDetour(problem: Problem): void {
    if (!this.#detours.some(({ code }) => code === problem.code)) this.#detours.push(problem);
  }

  notePlans(applied: Result<number>): void {
    this.#plansProblem = applied.ok ? null : applied.problem;
    this.#plansApplied += applied.ok ? applied.value : 0;
  }

  outcome(problem: Problem | null): SyncOutcome {
    return {
      ...this.#counts,
      problem,
      plansApplied: this.#plansApplied,
      plansProblem: this.#plansProblem,
      judged: this.#judged,
      refused: this.#refused,
      detours: this.#detours,
    };
  }
}
