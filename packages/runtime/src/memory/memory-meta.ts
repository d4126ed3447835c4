import type { MetaStore } from "../store/block-store.js";
import { type Journal, JournaledMap } from "./journal.js";

/** Small values by name, in memory. */
export class MemoryMeta implements MetaStore {
  readonly #values: JournaledMap<string, string>;

  constructor(journal: Journal) {
    this.#values = new JournaledMap(journal);
  }

  get(key: string): string | null {
    return this.#values.get(key) ?? null;
  }

  set(key: string, value: string | null): void {
    if (value === null) this.#values.delete(key);
    else this.#values.set(key, value);
  }
}
