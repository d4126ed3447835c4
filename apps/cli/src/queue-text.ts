import { isSyncLocked } from "@darksync/node/sync-lock";
import { countPending, countQueued } from "@darksync/runtime/replica/push-queue";
import type { QueueItem } from "@darksync/runtime/store/queue-store";
import type { ReplicaTables } from "@darksync/runtime/store/store";
import { logNameOf } from "./log-name.js";
import type { Space } from "./space.js";
import { countOf, lastDateMs } from "./wording.js";

/** A queue item with how many changes it pushes, and where to. */
export interface CountedItem extends QueueItem {
  readonly count: number;
  /** The log's name for people; empty for what pushes nothing. */
  readonly logName: string;
}

/** Counts what an item pushes now. */
export function counted(replica: Space["replica"], tables: ReplicaTables, item: QueueItem): CountedItem {
  const { task } = item;
  if (task.type !== "push_ops") return { ...item, count: 0, logName: "" };
  const count = countQueued(replica, tables, task);
  return {
    ...item,
    count: item.status === "failed" ? count : Math.min(count, countLeft(replica, tables, item)),
    logName: logNameOf(replica, tables, task.log),
  };
}

/** What the relay has not yet of an item's log, without what later items push: an item goes from its beginning. */
function countLeft(replica: Space["replica"], tables: ReplicaTables, { id, task }: QueueItem): number {
  if (task.type !== "push_ops") return 0;
  const items = tables.queue.list();
  const later = items.slice(items.findIndex((item) => item.id === id) + 1);
  let left = countPending(tables, task.log);
  for (const { task: other, status } of later) {
    if (other.type === "push_ops" && other.log === task.log && status !== "failed")
      left -= countQueued(replica, tables, other);
  }
  return Math.max(0, left);
}

/** A queue item as scripts see it. */
export function queueItemJson(item: CountedItem): Readonly<Record<string, unknown>> {
  const { id, task, status, retryCount, error, errorClass, count } = item;
  return {
    id,
    type: task.type,
    status,
    retryCount,
    error,
    errorClass,
    createdAt: isoTime(item.createdAtMs),
    nextTryAt: isoTime(item.nextTryAtMs),
    ...(task.type === "push_ops" ? { log: task.log, count } : { what: task.what }),
  };
}

/** Milliseconds as ISO 8601 UTC; null for a time beyond all dates, which another device's clock may have told. */
export function isoTime(timeMs: number | null): string | null {
  return timeMs === null || timeMs > lastDateMs ? null : new Date(timeMs).toISOString();
}

/** The queue as it stands; while a sync runs, the first item that waits is the one it is at. */
export function readQueue({ replica, paths }: Space): readonly CountedItem[] {
  const items = replica.store.read((tables) =>
    tables.queue.list().map((item) => counted(replica, tables, item)),
  );
  const first = items.find(({ status }) => status === "pending");
  if (first === undefined || !isSyncLocked(paths.lock)) return items;
  return items.map((item) => (item === first ? { ...item, status: "syncing" } : item));
}

/** One line for a queue item. */
export function describeItem(item: CountedItem): string {
  const { id, task, status, retryCount, error, count, logName } = item;
  const what =
    task.type === "push_ops" ? `push ${countOf(count, "change")} to ${logName}` : `pull ${task.what}`;
  const tries = retryCount > 0 ? `, tried ${countOf(retryCount, "time")}` : "";
  return `${id}  ${status.padEnd(7)}  ${what}${tries}${error === null ? "" : `: ${error}`}`;
}
