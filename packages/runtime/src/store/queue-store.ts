import type { LogName } from "@darksync/core/vector";

/** What still has to be done with the relay (S2). */
export type QueueTask =
  /** Changes of one log with numbers from `first` to `last`; null: up to the latest, as long as the item takes more. */
  | {
      readonly type: "push_ops";
      readonly log: LogName;
      readonly first: number;
      readonly last: number | null;
    }
  /** Fetch one thing: a location. */
  | { readonly type: "pull"; readonly what: string };

export type QueueStatus = "pending" | "syncing" | "failed" | "completed";

/** An item of the queue. `syncing` is never stored: it is what a running sync says of the item it is at. */
export interface QueueItem {
  /** Hex. */
  readonly id: string;
  readonly task: QueueTask;
  readonly createdAtMs: number;
  readonly status: QueueStatus;
  readonly retryCount: number;
  readonly error: string | null;
  readonly errorClass: "transient" | "permanent" | null;
  readonly nextTryAtMs: number | null;
}

/** The queue, in the order in which it is worked off. */
export interface QueueStore {
  /** All items but completed ones. */
  list(): readonly QueueItem[];
  get(id: string): QueueItem | null;
  withPrefix(idPrefix: string): readonly QueueItem[];
  /** The last item that is not completed. */
  last(): QueueItem | null;
  /** Adds an item at the end, or replaces the one of the same id in its place. */
  put(item: QueueItem): void;
  /** Puts an item before another one. */
  moveBefore(id: string, before: string): void;
  remove(id: string): void;
}
