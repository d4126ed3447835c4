import type { Problem } from "@darksync/core/result";
import type { LogName } from "@darksync/core/vector";
import { retryDelayMs } from "@darksync/sync/backoff";
import { isPermanent, isUnreachable } from "@darksync/sync/problem-class";
import type { ReplicaTables } from "../store/store.js";
import { logsOf } from "./push-queue.js";
import { settlePulls } from "./queue-order.js";
import type { Replica } from "./replica.js";
import { noteHeads } from "./sealed-heads.js";

/** The relay answered: whatever comes of it, it can be reached. */
export function noteReached(replica: Replica): Promise<void> {
  return replica.store.write((tables) => {
    tables.meta.set("lastAttemptReached", "yes");
    tables.meta.set("lastProblem", null);
    for (const item of tables.queue.list()) {
      if (item.status !== "failed" && item.error !== null) {
        tables.queue.put({ ...item, retryCount: 0, error: null, errorClass: null, nextTryAtMs: null });
      }
    }
  });
}

/** Both sides have all that the other has. `heads`: how many segments the relay had sealed of each log that differed. */
export function noteSynced(replica: Replica, heads: ReadonlyMap<LogName, number>): Promise<void> {
  return replica.store.write((tables) => {
    const now = String(replica.clock());
    tables.meta.set("lastSyncedAtMs", now);
    noteFirstSync(tables);
    settlePulls(tables);
    noteHeads(tables.meta, heads);
    for (const log of logsOf(tables)) tables.meta.set(`lastSyncedAtMs ${log}`, now);
  });
}

const firstSyncKey = "lastOfFirstSync";

function noteFirstSync({ meta, changes }: ReplicaTables): void {
  if (meta.get(firstSyncKey) === null) meta.set(firstSyncKey, String(changes.latest(1)[0]?.number ?? 0));
}

/** The number of the last change that was here when a sync came to its end for the first time. */
export function lastOfFirstSync({ meta }: Pick<ReplicaTables, "meta">): number {
  return Number(meta.get(firstSyncKey) ?? Number.MAX_SAFE_INTEGER);
}

/** An attempt failed: what waits is tried again later, or says that a person must look. */
export function noteFailedAttempt(replica: Replica, problem: Problem, retryCount: number): Promise<void> {
  const mustWait = isPermanent(problem.code);
  return replica.store.write((tables) => {
    tables.meta.set("lastAttemptReached", isUnreachable(problem.code) ? "no" : "yes");
    tables.meta.set("lastProblem", JSON.stringify(problem));
    const nowMs = replica.clock();
    for (const item of tables.queue.list()) {
      if (item.status === "failed") continue;
      tables.queue.put({
        ...item,
        retryCount: Math.max(item.retryCount + 1, retryCount),
        error: problem.message,
        errorClass: mustWait ? "permanent" : "transient",
        nextTryAtMs: mustWait ? null : nowMs + retryDelayMs(item.retryCount + 1, 1),
      });
    }
  });
}

/** The problem of the last attempt, or null if it reached the relay. */
export function lastProblem({ meta }: ReplicaTables): Problem | null {
  const stored = meta.get("lastProblem");
  return stored === null ? null : (JSON.parse(stored) as Problem);
}
