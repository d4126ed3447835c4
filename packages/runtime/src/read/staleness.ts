import type { ReplicaFacts } from "../replica/replica.js";

const freshForMs = 10 * 60_000;

/**
 * Whether what is here is not known to be current: never synced, working offline, the relay out of reach at the last
 * attempt, or the last sync longer ago than ten minutes.
 */
export function isStale(
  { lastSyncedAtMs, workOffline, lastAttemptReached }: ReplicaFacts,
  nowMs: number,
): boolean {
  if (lastSyncedAtMs === null || workOffline || lastAttemptReached === false) return true;
  return nowMs - lastSyncedAtMs > freshForMs;
}
