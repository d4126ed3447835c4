import type { Problem } from "@darksync/core/result";
import { lastOf, type PushItem } from "../replica/push-queue.js";
import type { ReplicaTables } from "../store/store.js";

/** Checks that each change which waits to be signed is in an item of the queue. */
export function checkQueue({ changes, queue }: ReplicaTables): readonly Problem[] {
  const ranges = queue.list().flatMap(({ task }) => (task.type === "push_ops" ? [task] : []));
  return changes.logsWithUnsigned().flatMap((log) => {
    const everything = Number.MAX_SAFE_INTEGER;
    const lost = changes
      .unsigned(log, 0, everything, everything)
      .filter(({ number }) => !ranges.some((range) => isIn(range, log, number)));
    if (lost.length === 0) return [];
    const message = `${lost.length} changes of ${log} wait for the relay and are not in the queue`;
    return [{ code: "queue-gap", message, hint: "`darklang sync` sends them all the same." }];
  });
}

function isIn(task: PushItem["task"], log: string, number: number): boolean {
  return task.log === log && task.first <= number && number <= lastOf(task);
}
