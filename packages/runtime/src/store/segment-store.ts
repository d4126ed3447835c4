import type { LogName } from "@darksync/core/vector";

/** A sealed part of a log (L6), as a store knows it. */
export interface StoredSegment {
  /** How many segments of the log were sealed before it. */
  readonly number: number;
  /** Hex: SHA-256 of its bytes. */
  readonly hash: string;
  readonly byteCount: number;
  /** How many of its bytes are held, from the first on: all, fewer where a download was cut, none if they were evicted. */
  readonly heldBytes: number;
}

/** The sealed parts of logs. Their bytes are kept once: the rows of their blocks refer to them. */
export interface SegmentStore {
  /** Those of a log, in order of their numbers. */
  list(log: LogName): readonly StoredSegment[];
  get(log: LogName, number: number): StoredSegment | null;
  /** The bytes that are held of a segment; null if it is not known. */
  bytes(log: LogName, number: number): Uint8Array | null;
  /** Adds a segment, or replaces what is held of the one of this number; none of its bytes to evict it. */
  put(log: LogName, segment: Omit<StoredSegment, "heldBytes">, bytes: Uint8Array): void;
  /** Forgets a segment that no block refers to. */
  remove(log: LogName, number: number): void;
}
