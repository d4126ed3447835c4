import type { HeldLog } from "./held-log.js";

/** As many answers as are kept; each is at most a batch. */
const mostAnswers = 16;

interface KnownAnswer {
  readonly held: HeldLog;
  /** Of the log, when the answer was made. */
  readonly commitCount: number;
  readonly stateVector: Uint8Array;
  readonly messages: readonly Uint8Array[];
}

/** The last answers to state vectors, of a few logs: when all come back at once, most lack the same. */
export class KnownAnswers {
  readonly #answers = new Map<string, KnownAnswer>();

  /** The messages with all that the sender of this state vector lacks; null if they have to be made. */
  find(held: HeldLog, stateVector: Uint8Array): readonly Uint8Array[] | null {
    const known = this.#answers.get(held.log);
    if (known === undefined || known.held !== held || known.commitCount !== held.commitCount) return null;
    return areEqual(known.stateVector, stateVector) ? known.messages : null;
  }

  /** Keeps an answer that was made of all that is committed now. */
  note(held: HeldLog, stateVector: Uint8Array, messages: readonly Uint8Array[]): void {
    this.#answers.delete(held.log);
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size < mostAnswers) break;
      this.#answers.delete(oldest);
    }
    const { commitCount } = held;
    this.#answers.set(held.log, { held, commitCount, stateVector: stateVector.slice(), messages });
  }

  forget(): void {
    this.#answers.clear();
  }
}

function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
