/** Flushes what was written, as seldom as possible: those who ask while one flush is under way share the next. */
export class SharedFlush {
  readonly #flush: () => Promise<void>;
  // Something may have been left unflushed before.
  #writtenCount = 1;
  #durableCount = 0;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  /** `flush` makes durable all that was written when it is called; its first failure is the last word. */
  constructor(flush: () => Promise<void>) {
    this.#flush = flush;
  }

  /** What is under way; null if nothing is. */
  get pending(): Promise<void> | null {
    return this.#next ?? this.#running;
  }

  written(): void {
    this.#writtenCount += 1;
  }

  /** Fulfilled when all that was written before the call is durable. */
  durable(): Promise<void> {
    if (this.#next !== null) return this.#next;
    if (this.#running !== null) {
      // What was written since it began is not in it.
      this.#next = this.#running.then(() => this.#begin());
      return this.#next;
    }
    return this.#durableCount === this.#writtenCount ? Promise.resolve() : this.#begin();
  }

  #begin(): Promise<void> {
    this.#next = null;
    const count = this.#writtenCount;
    this.#running = this.#flush().then(() => {
      this.#durableCount = count;
      this.#running = null;
    });
    return this.#running;
  }
}
