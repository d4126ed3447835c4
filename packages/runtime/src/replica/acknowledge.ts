import { deviceOf, type StreamName } from "@darksync/core/stream";
import type { LogName, Vector } from "@darksync/core/vector";
import type { BlockRefusal } from "@darksync/log/block-refusal";
import { tagOf } from "@darksync/sync/digest";
import type { StreamHead } from "@darksync/sync/message";
import type { ReplicaTables } from "../store/store.js";
import { vectorOf } from "./log-view.js";
import { queueUncovered, settlePushItems } from "./push-queue.js";
import type { Replica } from "./replica.js";

/** What came of the relay's word on what it durably has. */
export interface Acknowledged {
  /** Own changes that were not known to be durable before. */
  readonly pushed: number;
  /** What to ask for, from where this replica is sure of it: the relay has more, or other blocks than ours. */
  readonly askFrom: ReadonlyMap<StreamName, number> | null;
}

/**
 * Notes what the relay durably has of a log. `isWhole`: the heads are all it has, and what is not among them it has
 * not, whatever it said before (a relay restored from a backup lowers the vector, and marks go back to pending).
 */
export function acknowledge(
  replica: Replica,
  log: LogName,
  heads: readonly StreamHead[],
  isWhole: boolean,
): Promise<Acknowledged> {
  return replica.store.write((tables) => {
    const before = tables.durable.durable(log);
    const after = new Map(isWhole ? [] : before);
    const held = vectorOf(tables.blocks, log);
    let askFrom: Map<StreamName, number> | null = null;
    for (const { stream, seq, tag } of heads) {
      const holds = held.get(stream) ?? 0;
      if (seq <= holds && isSame(tables, log, stream, seq, tag)) {
        after.set(stream, Math.max(after.get(stream) ?? 0, seq));
        continue;
      }
      // The relay has more, or another block at one of our places. What was durable before is common, unless that is
      // what it has another of; what lies beyond has to be compared block by block, and the relay's stand.
      const known = before.get(stream) ?? 0;
      const common = known >= seq ? 0 : Math.min(known, holds);
      askFrom ??= new Map(held);
      askFrom.set(stream, common);
      after.set(stream, common);
    }
    const pushed = ownBetween(replica, tables, log, before, after);
    tables.durable.setDurable(log, after);
    if (heads.length > 0) tables.meta.set("wasAcknowledged", "yes");
    if (hasLost(replica.device, before, after)) queueUncovered(replica, tables, log);
    settlePushItems(tables, log);
    return { pushed, askFrom };
  });
}

/**
 * The relay has a block that does not follow ours. If ours was durable there, the relay was put back to an older copy
 * and was given others since: nobody knows where they part, and the end of the answer has to ask from the start.
 */
export function noteParted(
  replica: Replica,
  tables: ReplicaTables,
  log: LogName,
  { stream, seq }: Pick<BlockRefusal, "stream" | "seq">,
): void {
  const durable = tables.durable.durable(log);
  const known = durable.get(stream) ?? 0;
  if (known === 0 || known < seq - 1) return;
  tables.durable.setDurable(log, new Map(durable).set(stream, 0));
  if (deviceOf(stream) === replica.device) queueUncovered(replica, tables, log);
}

/** Whether the relay lost own blocks that it had acknowledged; their queue items are gone. */
function hasLost(device: string, before: Vector, after: Vector): boolean {
  return [...before].some(([stream, seq]) => deviceOf(stream) === device && (after.get(stream) ?? 0) < seq);
}

function isSame(tables: ReplicaTables, log: LogName, stream: StreamName, seq: number, tag: string): boolean {
  const hash = tables.blocks.hashAt(log, stream, seq);
  return hash === null || tagOf(hash) === tag;
}

/** How many own changes lie in blocks after one vector and up to another. The cost follows the blocks in between. */
function ownBetween(
  replica: Replica,
  tables: ReplicaTables,
  log: LogName,
  before: Vector,
  after: Vector,
): number {
  let count = 0;
  for (const [stream, last] of after) {
    if (deviceOf(stream) !== replica.device) continue;
    count += tables.blocks.countChanges(log, stream, before.get(stream) ?? 0, last);
  }
  return count;
}

/** The digests are equal: the relay durably has every block that this replica holds. */
export function acknowledgeAll(replica: Replica, logs: readonly LogName[]): Promise<number> {
  return replica.store.write((tables) => {
    let pushed = 0;
    for (const log of logs) {
      const held = vectorOf(tables.blocks, log);
      pushed += ownBetween(replica, tables, log, tables.durable.durable(log), held);
      tables.durable.setDurable(log, held);
      if (held.size > 0) tables.meta.set("wasAcknowledged", "yes");
      settlePushItems(tables, log);
    }
    return pushed;
  });
}
