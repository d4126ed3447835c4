import { deviceOf, type StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import type { ReplicaTables } from "../store/store.js";
import { currentStream, giveUpBlocks } from "./epoch.js";
import type { Replica } from "./replica.js";

/** Whether a block was evicted here, so that it cannot be offered. */
export function isEvictedBlock(
  { blocks, segments }: ReplicaTables,
  log: LogName,
  stream: StreamName,
  seq: number,
): boolean {
  const number = seq <= (blocks.tip(log, stream)?.seq ?? 0) ? blocks.segmentOf(log, stream, seq) : null;
  const segment = number === null ? null : segments.get(log, number);
  return segment !== null && segment.heldBytes < segment.byteCount;
}

/**
 * Own streams of a log of which the relay has lost what was evicted here, with the last block that was evicted: what
 * stands behind it is here, and cannot follow what nobody may have (R68).
 */
export function unreachableParts(
  { device }: Pick<Replica, "device">,
  tables: ReplicaTables,
  log: LogName,
): readonly { readonly stream: StreamName; readonly lastEvicted: number }[] {
  const durable = tables.durable.durable(log);
  return [...tables.blocks.tips(log)].flatMap(([stream, { seq: tip }]) => {
    if (deviceOf(stream) !== device) return [];
    if (!isEvictedBlock(tables, log, stream, (durable.get(stream) ?? 0) + 1)) return [];
    let lastEvicted = tip;
    while (!isEvictedBlock(tables, log, stream, lastEvicted)) lastEvicted -= 1;
    return lastEvicted < tip ? [{ stream, lastEvicted }] : [];
  });
}

/** What stands behind lost blocks waits unsigned again, ids unchanged, for a new epoch. The old one stays open. */
export function freeUnreachable(replica: Replica, tables: ReplicaTables, log: LogName): void {
  for (const { stream, lastEvicted } of unreachableParts(replica, tables, log)) {
    const isCurrent = currentStream(tables, log) === stream;
    giveUpBlocks(replica, tables, log, stream, lastEvicted);
    if (isCurrent) tables.meta.set(`closing ${log}`, null);
  }
}
