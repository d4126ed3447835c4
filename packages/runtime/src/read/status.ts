import { type SyncStatus, statusOf } from "@darksync/core/status";
import { countDependencies } from "../dependency/records.js";
import { countPending, logsOf } from "../replica/push-queue.js";
import { readFacts } from "../replica/replica.js";
import { lastProblem } from "../replica/sync-notes.js";
import type { ReplicaTables } from "../store/store.js";

/** What is true of sync now. `isRunning`: whether a sync of this replica runs, in whatever process. */
export function readStatus(tables: ReplicaTables, isRunning: boolean): SyncStatus {
  const { relay, workOffline, lastSyncedAtMs, lastAttemptReached } = readFacts(tables);
  const pending = logsOf(tables).reduce((sum, log) => sum + countPending(tables, log), 0);
  // One that stays for what comes is at work only while there is something to do.
  const isIdle = tables.meta.get("watching") === "yes" && (pending === 0 || lastAttemptReached === false);
  return statusOf({
    relay,
    workOffline,
    lastSyncedAtMs,
    lastAttemptReached,
    lastAttemptFailed: lastAttemptReached === true && lastProblem(tables) !== null,
    isRunning: isRunning && !isIdle,
    pending,
    conflicts: tables.packages.countConflicts() + countDependencies(tables),
    failed: tables.queue.list().filter(({ status }) => status === "failed").length,
  });
}

/** How far a log is synced. */
export interface LogStatus {
  readonly log: string;
  readonly lastSyncedAtMs: number | null;
  readonly pending: number;
}

/** The logs with how far they are synced, in order of their names. */
export function readLogStatus(tables: ReplicaTables): readonly LogStatus[] {
  return [...logsOf(tables)].sort().map((log) => {
    const lastSyncedAt = tables.meta.get(`lastSyncedAtMs ${log}`);
    return {
      log,
      lastSyncedAtMs: lastSyncedAt === null ? null : Number(lastSyncedAt),
      pending: countPending(tables, log),
    };
  });
}
