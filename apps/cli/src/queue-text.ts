import { isSyncLocked } from "@darksync/node/sync-lock";
import type { QueueItem } from "@darksync/runtime/store/queue-store";
import type { Space } from "./space.js";

/** A queue item as scripts see it. */
export function queueItemJson(item: QueueItem): Readonly<Record<string, unknown>> {
  const { id, task, status, retryCount, error, errorClass } = item;
  return {
    id,
    type: task.type,
    status,
    retryCount,
    error,
    errorClass,
    createdAt: isoTime(item.createdAtMs),
    nextTryAt: isoTime(item.nextTryAtMs),
    ...(task.type === "push_ops" ? { log: task.log, count: task.count } : { what: task.what }),
  };
}

/** Milliseconds as ISO 8601 UTC. */
export function isoTime(timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toISOString();
}

/** The queue as it stands; while a sync runs, the first item that waits is the one it is at. */
export function readQueue({ replica, paths }: Space): readonly QueueItem[] {
  const items = replica.store.read(({ queue }) => queue.list());
  const first = items.find(({ status }) => status === "pending");
  if (first === undefined || !isSyncLocked(paths.lock)) return items;
  return items.map((item) => (item === first ? { ...item, status: "syncing" } : item));
}

/** One line for a queue item. */
export function describeItem({ id, task, status, retryCount, error }: QueueItem): string {
  const what =
    task.type === "push_ops"
      ? `push ${task.count} ${task.count === 1 ? "change" : "changes"} to ${task.log}`
      : `pull ${task.what}`;
  const tries = retryCount > 0 ? `, tried ${retryCount} times` : "";
  return `${id}  ${status.padEnd(7)}  ${what}${tries}${error === null ? "" : `: ${error}`}`;
}
