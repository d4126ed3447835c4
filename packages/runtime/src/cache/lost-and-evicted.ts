import type { Problem } from "@darksync/core/result";
import type { StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import type { ReplicaTables } from "../store/store.js";
import { evictedNumbers } from "./take-back.js";

/**
 * What was evicted here, and a relay that was put back has lost or another relay never had (R68): it cannot be offered,
 * counts as not durable, and its user is told. Null if there is nothing of it. The cost follows what the relay lacks.
 */
export function lostAndEvicted(
  tables: Pick<ReplicaTables, "blocks" | "durable" | "segments">,
): Problem | null {
  const { blocks, durable } = tables;
  let count = 0;
  for (const log of blocks.logs()) {
    const evicted = evictedNumbers(tables, log);
    if (evicted.size === 0) continue;
    const vector = durable.durable(log);
    for (const [stream, { seq: last }] of blocks.tips(log))
      count += changesIn(tables, log, stream, vector.get(stream) ?? 0, last, evicted);
  }
  if (count === 0) return null;
  return {
    code: "lost-and-evicted",
    message: `the relay does not have ${count === 1 ? "a change" : `${count} changes`} whose bytes were evicted here to save space, so they could not be offered to it.`,
    hint: "Whoever still has them gives them to it with their next sync. If this space came from another relay: `darklang sync --full --relay THAT`, then sync with this one again.",
  };
}

function changesIn(
  { blocks }: Pick<ReplicaTables, "blocks">,
  log: LogName,
  stream: StreamName,
  after: number,
  last: number,
  evicted: ReadonlySet<number>,
): number {
  let count = 0;
  for (let seq = after + 1; seq <= last; seq += 1) {
    const segment = blocks.segmentOf(log, stream, seq);
    if (segment !== null && evicted.has(segment)) count += blocks.countChanges(log, stream, seq - 1, seq);
  }
  return count;
}
