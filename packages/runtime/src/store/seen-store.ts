import type { StreamName } from "@darksync/core/stream";
import type { LogName, Seen } from "@darksync/core/vector";

/** A stream in its log. */
export interface PlacedStream {
  readonly log: LogName;
  readonly stream: StreamName;
}

/** From block `seq` of one stream on, its device had folded another stream up to block `otherSeq`. */
export interface SeenStep {
  readonly seq: number;
  readonly otherSeq: number;
}

/**
 * What the blocks of each stream say that their devices had seen (C2): rows to find who had seen what, in either
 * direction, at a cost that does not follow the length of the streams. Both numbers of a pair of streams only grow.
 */
export interface SeenStore {
  /** Adds what a block says it had seen beyond the blocks before it; what is no news is left out. */
  add(viewer: PlacedStream, seq: number, seen: Seen): void;
  /** Up to which block of another stream the device had seen when it made block `seq`; 0 if nothing of it. */
  seenAt(viewer: PlacedStream, seq: number, other: PlacedStream): number;
  /** The steps of blocks after `after` up to `last`, in order. */
  steps(viewer: PlacedStream, other: PlacedStream, after: number, last: number): readonly SeenStep[];
  /**
   * The steps that tell from which blocks on the device had seen blocks `first` to `last` of another stream: of the
   * steps with such an `otherSeq`, all, and the first one beyond. In order.
   */
  sightings(viewer: PlacedStream, other: PlacedStream, first: number, last: number): readonly SeenStep[];
  /** How many steps there are. */
  count(): number;
  /** Forgets what the blocks of a stream after `seq` say. */
  truncate(viewer: PlacedStream, seq: number): void;
}
