import type { StreamName } from "@darksync/core/stream";
import type { LogName, Seen } from "@darksync/core/vector";
import type { Arrival } from "../store/change-store.js";
import type { ReplicaTables } from "../store/store.js";
import { vectorOf } from "./log-view.js";

/**
 * Tells what this device had folded when it made a change: not what it holds now, when the change is signed, since
 * a sync fetches before it signs and what came then was not known to whoever wrote (C2, O4).
 */
export class SeenAt {
  readonly #held: ReadonlyMap<LogName, ReadonlyMap<StreamName, number>>;
  /** Blocks that came after the first change asked for, in order of the number of their last change. */
  readonly #arrivals: readonly Arrival[];

  /** For changes with numbers from `firstNumber` on. */
  constructor(tables: ReplicaTables, firstNumber: number) {
    this.#held = new Map(tables.blocks.logs().map((log) => [log, vectorOf(tables.blocks, log)]));
    this.#arrivals = tables.changes.arrivals(firstNumber);
  }

  /** Whether the device had folded the same when it made both changes. */
  isSame(number: number, other: number): boolean {
    return this.#countBefore(number) === this.#countBefore(other);
  }

  /** The last blocks that were folded when the change of this number was made. */
  at(number: number): Seen {
    const seen = new Map([...this.#held].map(([log, vector]) => [log, new Map(vector)]));
    for (const { log, stream, seq } of this.#arrivals.slice(this.#countBefore(number))) {
      const vector = seen.get(log);
      const last = vector?.get(stream) ?? 0;
      if (seq <= last) vector?.set(stream, seq - 1);
    }
    return seen;
  }

  // By halving: a long absence brings many.
  #countBefore(number: number): number {
    let low = 0;
    let high = this.#arrivals.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#arrivals[middle]?.number ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
