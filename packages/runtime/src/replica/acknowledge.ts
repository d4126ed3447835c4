import { deviceOf, type StreamName } from "@darksync/core/stream";
import type { LogName, Vector } from "@darksync/core/vector";
import { tagOf } from "@darksync/sync/digest";
import type { StreamHead } from "@darksync/sync/message";
import type { ReplicaTables } from "../store/store.js";
import { vectorOf } from "./log-view.js";
import { settlePushItems } from "./push-queue.js";
import type { Replica } from "./replica.js";

/** What came of the relay's word on what it durably has. */
export interface Acknowledged {
  /** Own changes that were not known to be durable before. */
  readonly pushed: number;
  /** What to ask for again, from where this replica is sure of it: the relay holds other blocks than ours. */
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
      if (seq <= holds && !isSame(tables, log, stream, seq, tag)) {
        // Two blocks at one place. What was durable before is common; from there on the relay's stand.
        const common = Math.min(before.get(stream) ?? 0, seq - 1);
        askFrom ??= new Map(held);
        askFrom.set(stream, common);
        after.set(stream, common);
      } else {
        after.set(stream, Math.max(after.get(stream) ?? 0, Math.min(seq, holds)));
      }
    }
    const pushed = ownBetween(replica, tables, log, before, after);
    tables.durable.setDurable(log, after);
    if (heads.length > 0) tables.meta.set("wasAcknowledged", "yes");
    settlePushItems(replica, tables, log);
    return { pushed, askFrom };
  });
}

function isSame(tables: ReplicaTables, log: LogName, stream: StreamName, seq: number, tag: string): boolean {
  const hash = tables.blocks.hashAt(log, stream, seq);
  return hash === null || tagOf(hash) === tag;
}

/** How many own changes lie in blocks after one vector and up to another. */
function ownBetween(
  replica: Replica,
  tables: ReplicaTables,
  log: LogName,
  before: Vector,
  after: Vector,
): number {
  let count = 0;
  for (const [stream, seq] of after) {
    const from = before.get(stream) ?? 0;
    if (deviceOf(stream) !== replica.device || seq <= from) continue;
    for (const { place } of tables.changes.placedAfter(stream, log, from))
      if (place !== null && place.seq <= seq) count += 1;
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
      settlePushItems(replica, tables, log);
    }
    return pushed;
  });
}
