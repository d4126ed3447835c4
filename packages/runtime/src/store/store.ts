import type { BlockStore, DurableStore, MetaStore } from "./block-store.js";
import type { ChangeStore } from "./change-store.js";
import type { DependencyStore } from "./dependency-store.js";
import type { ManifestStore } from "./manifest-store.js";
import type { PackageStore } from "./package-store.js";
import type { QueueStore } from "./queue-store.js";
import type { SeenStore } from "./seen-store.js";
import type { SegmentStore } from "./segment-store.js";
import type { StorageStore, TextStore } from "./text-store.js";

/** All that a replica keeps, within a transaction. */
export interface ReplicaTables {
  readonly meta: MetaStore;
  readonly blocks: BlockStore;
  readonly durable: DurableStore;
  readonly changes: ChangeStore;
  readonly packages: PackageStore;
  readonly queue: QueueStore;
  readonly seen: SeenStore;
  readonly dependencies: DependencyStore;
  readonly texts: TextStore;
  readonly storage: StorageStore;
  readonly segments: SegmentStore;
}

/** All that a relay keeps of one space, within a transaction. */
export interface RelayTables {
  readonly meta: MetaStore;
  readonly blocks: BlockStore;
  readonly segments: SegmentStore;
  readonly manifests: ManifestStore;
}

/**
 * A store with transactions. `work` is synchronous and may run again if another process was in the way; what it
 * wrote is durable when the promise is fulfilled, and nothing of it is kept when it throws.
 */
export interface Store<Tables> {
  write<Value>(work: (tables: Tables) => Value): Promise<Value>;
  /** Reads one consistent state. */
  read<Value>(work: (tables: Tables) => Value): Value;
  close(): void;
}

export type ReplicaStore = Store<ReplicaTables>;

/** A relay's store: its writes are kept when they are fulfilled, but may be lost with the machine's power. */
export interface RelayStore extends Store<RelayTables> {
  /**
   * Fulfilled when all that was written before the call is durable; calls that come together are one effort. Once it
   * was rejected the store is of no more use.
   */
  durable(): Promise<void>;
}

/** The spaces of a relay, each in a store of its own. */
export interface RelaySpaces {
  /** Ids of the spaces, hex; those too whose damaged content was set aside, and that have none now. */
  list(): readonly string[];
  /** Null if there is none of this id, or no content of it. Opening again gives the same store. */
  open(space: string): RelayStore | null;
  create(space: string): RelayStore;
  close(): void;
}

/** Thrown by a store that cannot be used: the code tells what a person can do. */
export class StoreError extends Error {
  readonly code:
    | "segment-evicted"
    | "database-corrupt"
    | "database-missing"
    | "database-newer"
    | "database-busy"
    | "disk-full"
    | "disk-failed";
  readonly hint: string;

  constructor(code: StoreError["code"], message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
