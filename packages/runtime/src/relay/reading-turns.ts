/**
 * One at a time makes a batch of what a reader lacks, and others have their turn in between: taking blocks out of a
 * segment takes some tens of milliseconds a batch, and a question costs who asks it nothing.
 */
export class ReadingTurns {
  readonly #afterTurn: (callback: () => void) => void;
  readonly #waiting: (() => void)[] = [];
  #isTaken = false;

  /** `afterTurn` calls back when others have had their turn. */
  constructor(afterTurn: (callback: () => void) => void) {
    this.#afterTurn = afterTurn;
  }

  /** Fulfilled when the caller may make a batch: at once if nobody else did so just now. */
  take(): Promise<void> {
    if (this.#isTaken) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#isTaken = true;
    this.#afterTurn(this.#next);
    return Promise.resolve();
  }

  /** Gives back a turn in which no batch was made: the next one has it at once. */
  giveBack(): void {
    this.#waiting.shift()?.();
  }

  readonly #next = (): void => {
    const next = this.#waiting.shift();
    this.#isTaken = next !== undefined;
    if (next === undefined) return;
    next();
    this.#afterTurn(this.#next);
  };
}
