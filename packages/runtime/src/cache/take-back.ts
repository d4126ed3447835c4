import { type BlockPorts, blockHash } from "@darksync/core/block";
import type { LogName } from "@darksync/core/vector";
import type { Run } from "@darksync/log/update";
import type { ReplicaTables } from "../store/store.js";

/**
 * Keeps the bytes of blocks that came and are held already, where their segment was evicted: a relay that was put back to
 * an older copy seals anew, and has no segment of that hash any more. A segment that nothing lies in then is forgotten.
 */
export function takeBack(
  ports: BlockPorts,
  { blocks, segments }: Pick<ReplicaTables, "blocks" | "segments">,
  log: LogName,
  runs: readonly Run[],
): void {
  const evicted = evictedNumbers({ segments }, log);
  if (evicted.size === 0) return;
  let count = 0;
  for (const { stream, firstSeq, blocks: came } of runs) {
    for (const [index, bytes] of came.entries()) {
      const seq = firstSeq + index;
      const segment = blocks.segmentOf(log, stream, seq);
      if (segment === null || !evicted.has(segment)) continue;
      if (blockHash(ports, bytes) !== blocks.hashAt(log, stream, seq)) continue;
      blocks.unseal(log, stream, seq, bytes);
      count += 1;
    }
  }
  if (count === 0) return;
  for (const [stream, { seq: last }] of blocks.tips(log))
    for (let seq = 1; seq <= last; seq += 1) evicted.delete(blocks.segmentOf(log, stream, seq) ?? -1);
  for (const number of evicted) segments.remove(log, number);
}

/** The numbers of a log's segments whose bytes are not here. */
export function evictedNumbers({ segments }: Pick<ReplicaTables, "segments">, log: LogName): Set<number> {
  return new Set(
    segments.list(log).flatMap(({ number, heldBytes, byteCount }) => (heldBytes < byteCount ? [number] : [])),
  );
}
