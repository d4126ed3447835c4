import type { StreamName } from "@darksync/core/stream";
import type { Vector } from "@darksync/core/vector";

/** The live end of a log: the Yjs document `LOG@number` (L1). */
export interface Head {
  /** How many segments were sealed before it. */
  readonly number: number;
  /** Stream → last block that lies in one of those segments; empty for a log that was never sealed. */
  readonly sealed: Vector;
}

/** The head of a log that was never sealed. */
export const firstHead: Head = { number: 0, sealed: new Map() };

/** How many blocks of the stream are sealed, and so have no clock in this head. */
export function sealedCount(head: Head, stream: StreamName): number {
  return head.sealed.get(stream) ?? 0;
}

/** The Yjs clock of a block: the blocks of its stream since the last seal. Negative if the block is sealed. */
export function clockOf(head: Head, stream: StreamName, seq: number): number {
  return seq - 1 - sealedCount(head, stream);
}
