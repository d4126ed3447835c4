import type { Store } from "../store/store.js";
import type { Journal } from "./journal.js";

/** A store that lasts as long as the process. */
export class MemoryStore<Tables> implements Store<Tables> {
  readonly #journal: Journal;
  readonly #tables: Tables;

  constructor(journal: Journal, tables: Tables) {
    this.#journal = journal;
    this.#tables = tables;
  }

  write<Value>(work: (tables: Tables) => Value): Promise<Value> {
    // Thrown at once: the promise of a nested write would have nobody to look at it.
    if (this.#journal.isInTransaction) throw new Error("a write within another transaction");
    try {
      return Promise.resolve(this.#journal.write(() => work(this.#tables)));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  read<Value>(work: (tables: Tables) => Value): Value {
    return this.#journal.read(() => work(this.#tables));
  }

  /** Keeps a copy of what is stored, as a backup would; the function that it returns puts it back. */
  checkpoint(): () => void {
    return this.#journal.checkpoint();
  }

  /** Nothing to close: what opens it again finds it as it was. */
  close(): void {}
}
