import { toHex } from "@darksync/core/bytes";
import type { LogName } from "@darksync/core/vector";
import type { Ask } from "@darksync/sync/replica-state";

/** The questions that were put to a relay: one that it has answered twice and nothing came of is not put again. */
export class Questions {
  readonly #counts = new Map<string, number>();
  readonly #onGivenUp: (log: LogName) => void;

  /** `onGivenUp` hears once of each question that is not put any more. */
  constructor(onGivenUp: (log: LogName) => void) {
    this.#onGivenUp = onGivenUp;
  }

  /** The question, or null if it is not to be put. */
  put(log: LogName, stateVector: Uint8Array): Ask | null {
    const key = `${log} ${toHex(stateVector)}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (count <= 2) return { log, stateVector };
    if (count === 3) this.#onGivenUp(log);
    return null;
  }

  forget(): void {
    this.#counts.clear();
  }
}
