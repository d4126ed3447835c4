import type { LogName } from "@darksync/core/vector";
import type { Welcome } from "@darksync/sync/message";
import type { MetaStore } from "../store/block-store.js";
import type { StoredSegment } from "../store/segment-store.js";
import type { ReplicaTables } from "../store/store.js";

/**
 * Whether to fetch what is sealed of a log rather than to ask for it block by block, `head` segments being sealed:
 * nothing of it is held, or segments were sealed since both sides last had the same, or an earlier sync had begun with
 * segments and did not come to its end. The cost follows the difference.
 */
export function lacksMuch({ meta, blocks, segments }: ReplicaTables, log: LogName, head: number): boolean {
  if (head === 0) return false;
  const known = meta.get(headName(log));
  if (known !== null) return head - Number(known) > 1;
  return blocks.tips(log).size === 0 || segments.list(log).length > 0;
}

/** How many segments the relay has sealed of each log. */
export function headsOf(welcome: Welcome): ReadonlyMap<LogName, number> {
  return new Map(welcome.logs.map(({ log, head }) => [log, head]));
}

/** Notes up to which segment all of a relay's logs are held here. */
export function noteHeads(meta: MetaStore, heads: ReadonlyMap<LogName, number>): void {
  for (const [log, head] of heads)
    if (meta.get(headName(log)) !== String(head)) meta.set(headName(log), String(head));
}

/** Forgets the parts of segments that an earlier download left and that are of no use: the blocks came one by one. */
export function dropUnusedParts({ blocks, segments }: ReplicaTables): void {
  for (const log of blocks.logs()) {
    // One with no bytes was evicted.
    const isPart = ({ heldBytes, byteCount }: StoredSegment) => heldBytes > 0 && heldBytes < byteCount;
    const parts = segments.list(log).filter(isPart);
    if (parts.length === 0) continue;
    const used = new Set<number | null>();
    for (const [stream, { seq: last }] of blocks.tips(log))
      for (let seq = 1; seq <= last; seq += 1) used.add(blocks.segmentOf(log, stream, seq));
    for (const { number } of parts) if (!used.has(number)) segments.remove(log, number);
  }
}

/** Under which name it is kept how many segments of a log the relay had sealed when both sides had the same. */
export function headName(log: LogName): string {
  return `head ${log}`;
}
