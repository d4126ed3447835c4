import type { StreamName } from "@darksync/core/stream";
import type { LogName, Vector } from "@darksync/core/vector";

/** The last block of a stream. */
export interface Tip {
  readonly seq: number;
  /** Hex. */
  readonly hash: string;
}

/** A block with its place, as it is stored. */
export interface StoredBlock {
  readonly seq: number;
  /** Hex. */
  readonly hash: string;
  readonly changeCount: number;
  readonly bytes: Uint8Array;
}

/** The rows of the logs: the truth that vectors and Yjs updates are made from (L4). */
export interface BlockStore {
  /** The logs that have a block, in order of their names. */
  logs(): readonly LogName[];
  /** The last blocks of a log's streams. The cost follows the number of streams, not of blocks. */
  tips(log: LogName): ReadonlyMap<StreamName, Tip>;
  tip(log: LogName, stream: StreamName): Tip | null;
  /** Hex, or null if the block is not held. */
  hashAt(log: LogName, stream: StreamName, seq: number): string | null;
  /** Adds the next block of a stream: `seq` must be the tip's plus 1 (1 if there is none), else it throws. */
  append(log: LogName, stream: StreamName, block: StoredBlock): void;
  /**
   * Adds the next block of a stream, whose bytes lie in the log's segment of this number, or makes a block that is held
   * lie there: its own bytes are dropped.
   */
  seal(log: LogName, stream: StreamName, block: Omit<StoredBlock, "bytes">, segment: number): void;
  /** Gives a block that is held bytes of its own again: it lies in no segment any more. */
  unseal(log: LogName, stream: StreamName, seq: number, bytes: Uint8Array): void;
  /** The number of the segment that a block lies in; null if it has bytes of its own or is not held. */
  segmentOf(log: LogName, stream: StreamName, seq: number): number | null;
  /**
   * Blocks from `firstSeq` on, in order, as many as fit in `maxBytes` but at least one if there is one; none after one
   * whose segment was evicted. Throws an `EvictedError` if the first one's was.
   */
  read(log: LogName, stream: StreamName, firstSeq: number, maxBytes: number): readonly StoredBlock[];
  /** How many changes are in a stream's blocks after `after` and up to `last`, also where their bytes were evicted. */
  countChanges(log: LogName, stream: StreamName, after: number, last: number): number;
  /** Drops the blocks after `seq`. */
  truncate(log: LogName, stream: StreamName, seq: number): void;
  /** The seq beyond which a closed stream counts nothing, or null while it is open (C3). */
  closedAt(log: LogName, stream: StreamName): number | null;
  close(log: LogName, stream: StreamName, seq: number): void;
}

/** What a replica knows to be durable on its relay (L5). */
export interface DurableStore {
  durable(log: LogName): Vector;
  /** Replaces the vector; a relay that was restored from a backup lowers it. */
  setDurable(log: LogName, vector: Vector): void;
  /** Changes in blocks beyond the durable vector. */
  countBeyondDurable(log: LogName): number;
}

/** Small values by name. */
export interface MetaStore {
  get(key: string): string | null;
  /** Null deletes. */
  set(key: string, value: string | null): void;
}
