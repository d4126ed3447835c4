import { toHex } from "@darksync/core/bytes";
import type { Random } from "@darksync/core/ports";
import { deviceOf } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import type { ChangeRecord } from "../store/change-store.js";
import type { QueueItem, QueueTask } from "../store/queue-store.js";
import type { ReplicaTables } from "../store/store.js";
import type { Replica } from "./replica.js";

const queueIdBytes = 6;

/** A new id for a queue item. */
export function newQueueId(random: Random): string {
  return toHex(random(queueIdBytes));
}

/** A new item that nothing was tried with. */
export function newQueueItem(replica: Pick<Replica, "random" | "clock">, task: QueueTask): QueueItem {
  return {
    id: newQueueId(replica.random),
    task,
    createdAtMs: replica.clock(),
    status: "pending",
    retryCount: 0,
    error: null,
    errorClass: null,
    nextTryAtMs: null,
  };
}

/** Queues a change to be pushed. Saves in a row to one log are one item with a count (S2). */
export function queueChange(
  replica: Pick<Replica, "random" | "clock">,
  { queue }: ReplicaTables,
  log: LogName,
  number: number,
): void {
  const last = queue.last();
  if (last !== null && last.task.type === "push_ops" && last.task.log === log && last.status === "pending") {
    queue.put({ ...last, task: { ...last.task, last: number, count: last.task.count + 1 } });
    return;
  }
  queue.put(newQueueItem(replica, { type: "push_ops", log, first: number, last: number, count: 1 }));
}

/**
 * Brings the push items of a log up to what the relay has: those whose changes are all durable are done, those with
 * a parked change have failed. Derived from the vectors, so it cannot lie (L5).
 */
export function settlePushItems(replica: Pick<Replica, "device">, tables: ReplicaTables, log: LogName): void {
  const items = tables.queue.list().filter(({ task }) => task.type === "push_ops" && task.log === log);
  if (items.length === 0) return;
  const parked = tables.changes.parked().filter((record) => record.log === log);
  const underWay = signedButNotDurable(replica.device, tables, log);
  for (const item of items) {
    const { task } = item;
    if (task.type !== "push_ops") continue;
    const isIn = (record: ChangeRecord) => record.number >= task.first && record.number <= task.last;
    const refusal = parked.find(isIn)?.parked ?? null;
    if (refusal !== null) {
      const error = refusal.message;
      tables.queue.put({ ...item, status: "failed", error, errorClass: "permanent", nextTryAtMs: null });
    } else if (!underWay.some(isIn) && tables.changes.unsigned(log, task.first, task.last, 1).length === 0) {
      tables.queue.remove(item.id);
    } else if (item.status === "failed") {
      tables.queue.put({ ...item, status: "pending", error: null, errorClass: null });
    }
  }
}

function signedButNotDurable(device: string, tables: ReplicaTables, log: LogName): readonly ChangeRecord[] {
  const durable = tables.durable.durable(log);
  return [...tables.blocks.tips(log).keys()]
    .filter((stream) => deviceOf(stream) === device)
    .flatMap((stream) => tables.changes.placedAfter(stream, log, durable.get(stream) ?? 0));
}

/** How many changes wait unsigned or lie in blocks that the relay does not durably have. */
export function countPending(tables: ReplicaTables, log: LogName): number {
  return tables.changes.countUnsigned(log) + tables.durable.countBeyondDurable(log);
}

/** The logs that this replica holds or has something to push to. */
export function logsOf(tables: ReplicaTables): readonly LogName[] {
  return [...new Set([...tables.blocks.logs(), ...tables.changes.logsWithUnsigned()])];
}
