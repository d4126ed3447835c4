import type { QueueItem, QueueStore } from "../store/queue-store.js";
import { type Journal, JournaledMap } from "./journal.js";

/** The queue, in memory: one list that is replaced as a whole. */
export class MemoryQueue implements QueueStore {
  readonly #lists: JournaledMap<"items", readonly QueueItem[]>;

  constructor(journal: Journal) {
    this.#lists = new JournaledMap(journal);
  }

  list(): readonly QueueItem[] {
    return this.#items().filter((item) => item.status !== "completed");
  }

  get(id: string): QueueItem | null {
    return this.#items().find((item) => item.id === id) ?? null;
  }

  withPrefix(idPrefix: string): readonly QueueItem[] {
    return this.#items().filter((item) => item.id.startsWith(idPrefix));
  }

  last(): QueueItem | null {
    return this.list().at(-1) ?? null;
  }

  put(item: QueueItem): void {
    const isNew = this.get(item.id) === null;
    this.#keep(
      isNew ? [...this.#items(), item] : this.#items().map((other) => (other.id === item.id ? item : other)),
    );
  }

  moveBefore(id: string, before: string): void {
    const item = this.#own(id);
    this.#own(before);
    if (id === before) return;
    const others = this.#items().filter((other) => other.id !== id);
    const place = others.findIndex((other) => other.id === before);
    this.#keep([...others.slice(0, place), item, ...others.slice(place)]);
  }

  remove(id: string): void {
    this.#keep(this.#items().filter((item) => item.id !== id));
  }

  #own(id: string): QueueItem {
    const item = this.get(id);
    if (item === null) throw new Error(`no queue item ${id}`);
    return item;
  }

  #items(): readonly QueueItem[] {
    return this.#lists.get("items") ?? [];
  }

  #keep(items: readonly QueueItem[]): void {
    this.#lists.set("items", items);
  }
}
