interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
  isOff: boolean;
}

/**
 * Simulated time: what is to happen, in order of time, and of what was entered first where times are equal. Promises
 * settle between two entries; nothing here waits for anything real.
 */
export class Agenda {
  nowMs = 0;
  /** Entries that were run. */
  count = 0;
  readonly #heap: Entry[] = [];
  readonly #onError: (error: unknown) => void;
  #order = 0;

  /** `onError` hears of what nobody catches: what a real process would die of. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Enters what is to happen after a delay; returns how to call it off. */
  after(delayMs: number, run: () => void): () => void {
    this.#order += 1;
    const entry: Entry = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#order, run, isOff: false };
    this.#push(entry);
    return () => {
      entry.isOff = true;
    };
  }

  /** Runs the next entry and lets all promises settle; false if there was none up to then. */
  async step(untilMs: number): Promise<boolean> {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) return false;
      this.#pop();
      if (next.isOff) continue;
      this.nowMs = next.atMs;
      this.count += 1;
      try {
        next.run();
      } catch (error) {
        this.#onError(error);
      }
      await settled();
      return true;
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    heap.push(entry);
    for (let at = heap.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent])) break;
      [heap[at], heap[parent]] = [heap[parent] as Entry, entry];
      at = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) if (isBefore(heap[child], heap[least])) least = child;
      if (least === at) return;
      [heap[at], heap[least]] = [heap[least] as Entry, heap[at] as Entry];
      at = least;
    }
  }
}

function isBefore(left: Entry | undefined, right: Entry | undefined): boolean {
  if (left === undefined || right === undefined) return left !== undefined;
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
}

/** Fulfilled when every promise that can settle has: Node turns to this only when no microtask is left. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
