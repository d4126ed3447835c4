import { toHex } from "@darksync/core/bytes";
import type { Random } from "@darksync/core/ports";
import { deviceOf } from "@darksync/core/stream";
import type { LogName, Vector } from "@darksync/core/vector";
import type { ChangeRecord } from "../store/change-store.js";
import type { QueueItem, QueueTask } from "../store/queue-store.js";
import type { ReplicaTables } from "../store/store.js";
import { eachPlacedAfter, eachUnsigned } from "./in-pages.js";
import type { Replica } from "./replica.js";

const queueIdBytes = 6;
const fewAtOnce = 8;
const readAtOnce = 1000;

/** A new id for a queue item. */
function newQueueId(random: Random): string {
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

/**
 * Queues a change to be pushed. Saves in a row to one log are one item (S2), which takes what comes as long as it is
 * the last one: only the first of them writes to the queue.
 */
export function queueChange(
  replica: Pick<Replica, "random" | "clock">,
  { queue }: ReplicaTables,
  log: LogName,
  number: number,
): void {
  const last = queue.last();
  const takesMore =
    last !== null &&
    last.status === "pending" &&
    last.task.type === "push_ops" &&
    last.task.log === log &&
    last.task.last === null;
  if (takesMore) return;
  for (const item of queue.list()) {
    if (item.task.type !== "push_ops" || item.task.last !== null) continue;
    queue.put({ ...item, task: { ...item.task, last: number - 1 } });
  }
  queue.put(newQueueItem(replica, { type: "push_ops", log, first: number, last: null }));
}

/** Up to which number an item pushes changes. */
export function lastOf({ last }: PushItem["task"]): number {
  return last ?? Number.MAX_SAFE_INTEGER;
}

/** How many own changes an item pushes. */
export function countQueued(
  replica: Pick<Replica, "device">,
  { changes }: ReplicaTables,
  task: PushItem["task"],
): number {
  return changes.countOwn(task.log, replica.device, task.first, lastOf(task));
}

/**
 * Brings the push items of a log up to what the relay has: those whose changes are all durable are done, those with
 * a parked change have failed. Derived from the vectors, so it cannot lie (L5).
 */
export function settlePushItems(tables: ReplicaTables, log: LogName): void {
  const parked = tables.changes.parked().filter((record) => record.log === log);
  const durable = tables.durable.durable(log);
  for (const item of pushItems(tables, log)) {
    const { first } = item.task;
    const last = lastOf(item.task);
    const refusal = parked.find(({ number }) => number >= first && number <= last)?.parked ?? null;
    if (refusal !== null) {
      const error = refusal.message;
      tables.queue.put({ ...item, status: "failed", error, errorClass: "permanent", nextTryAtMs: null });
    } else if (isAllDurable(tables, log, durable, first, last)) {
      tables.queue.remove(item.id);
    } else if (item.status === "failed") {
      tables.queue.put({ ...item, status: "pending", error: null, errorClass: null });
    }
  }
}

/** An item that pushes changes. */
export type PushItem = QueueItem & { readonly task: Extract<QueueTask, { type: "push_ops" }> };

/** The items that push changes of a log, in order. */
function pushItems(tables: ReplicaTables, log: LogName): readonly PushItem[] {
  return tables.queue
    .list()
    .filter((item): item is PushItem => item.task.type === "push_ops" && item.task.log === log);
}

function isAllDurable(
  tables: ReplicaTables,
  log: LogName,
  durable: Vector,
  first: number,
  last: number,
): boolean {
  if (tables.changes.unsigned(log, first, last, 1).length > 0) return false;
  const isDurableToTheEnd = [...tables.blocks.tips(log)].every(
    ([stream, { seq }]) => seq <= (durable.get(stream) ?? 0),
  );
  if (isDurableToTheEnd) return true;
  // Backwards: the last one goes last, so that it or one soon before mostly tells.
  let before = last;
  for (let count = fewAtOnce; ; count = Math.min(4 * count, readAtOnce)) {
    const records = tables.changes.latest(count, before < Number.MAX_SAFE_INTEGER ? before + 1 : undefined);
    for (const record of records) {
      if (record.number < first) return true;
      if (record.log === log && !isDurable(record, durable)) return false;
    }
    const next = records.at(-1);
    if (next === undefined) return true;
    before = next.number - 1;
  }
}

function isDurable({ place }: ChangeRecord, durable: Vector): boolean {
  return place !== null && place.seq <= (durable.get(place.stream) ?? 0);
}

/**
 * Queues own changes of a log that the relay has not and that no item covers: blocks that a relay lost which was
 * restored from a backup, or that came back from an epoch which was closed.
 */
export function queueUncovered(
  replica: Pick<Replica, "random" | "clock" | "device">,
  tables: ReplicaTables,
  log: LogName,
): void {
  const durable = tables.durable.durable(log);
  const items = pushItems(tables, log);
  const isCovered = (number: number) =>
    items.some(({ task }) => number >= task.first && number <= lastOf(task));
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  const look = (records: Iterable<ChangeRecord>) => {
    for (const { number } of records) {
      if (isCovered(number)) continue;
      first = Math.min(first, number);
      last = Math.max(last, number);
    }
  };
  for (const [stream, tip] of tables.blocks.tips(log)) {
    const seq = durable.get(stream) ?? 0;
    if (deviceOf(stream) === replica.device && tip.seq > seq) look(eachPlacedAfter(tables, stream, log, seq));
  }
  look(eachUnsigned(tables, log));
  if (last > 0) tables.queue.put(newQueueItem(replica, { type: "push_ops", log, first, last }));
}

/** How many changes wait unsigned or lie in blocks that the relay does not durably have. */
export function countPending(tables: ReplicaTables, log: LogName): number {
  return tables.changes.countUnsigned(log) + tables.durable.countBeyondDurable(log);
}

/** The logs that this replica holds or has something to push to. */
export function logsOf(tables: ReplicaTables): readonly LogName[] {
  return [...new Set([...tables.blocks.logs(), ...tables.changes.logsWithUnsigned()])];
}
