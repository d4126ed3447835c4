/** What is true of sync, in the fields that scripts rely on. */
export interface SyncStatus {
  readonly state: SyncState;
  readonly workOffline: boolean;
  /** Changes that the relay does not durably have. */
  readonly pending: number;
  readonly conflicts: number;
  /** Queue items that a person must look at. */
  readonly failed: number;
  /** ISO 8601 UTC. */
  readonly lastSyncedAt: string | null;
}

export type SyncState = "synced" | "syncing" | "offline" | "failed" | "never";

/** What the state is derived from; nothing here is a promise. */
export interface SyncFacts {
  readonly relay: string | null;
  readonly workOffline: boolean;
  readonly pending: number;
  readonly conflicts: number;
  readonly failed: number;
  readonly lastSyncedAtMs: number | null;
  /** Whether the last attempt to reach the relay got an answer; null if there was none. */
  readonly lastAttemptReached: boolean | null;
  /** Whether the relay answered the last attempt, which failed nevertheless. */
  readonly lastAttemptFailed?: boolean;
  /** Whether a sync is running now. */
  readonly isRunning: boolean;
}

/** The status that follows from the facts. "Synced" is said only when nothing is pending and nothing failed. */
export function statusOf(facts: SyncFacts): SyncStatus {
  const { workOffline, pending, conflicts, failed, lastSyncedAtMs } = facts;
  return {
    state: stateOf(facts),
    workOffline,
    pending,
    conflicts,
    failed,
    lastSyncedAt: lastSyncedAtMs === null ? null : new Date(lastSyncedAtMs).toISOString(),
  };
}

function stateOf(facts: SyncFacts): SyncState {
  if (facts.workOffline) return "offline";
  if (facts.isRunning) return "syncing";
  if (facts.relay === null) return "never";
  if (facts.lastAttemptReached === false) return "offline";
  if (facts.lastAttemptFailed === true || facts.failed > 0) return "failed";
  if (facts.lastSyncedAtMs === null) return "never";
  return facts.pending > 0 ? "offline" : "synced";
}

/** A definition's mark: the first of these that holds. */
export type Mark = "conflict" | "failed" | "local" | "pending" | "synced";

/** The one-line indicator. `nowMs` is the time to tell ages from. */
export function describeStatus(status: SyncStatus, nowMs: number): string {
  const parts = [`${symbols[status.state]} ${words(status)}`];
  if (status.pending > 0) parts.push(`${status.pending} pending`);
  if (status.failed > 0) parts.push(`${status.failed} failed`);
  if (status.conflicts > 0)
    parts.push(`${status.conflicts} ${status.conflicts === 1 ? "conflict" : "conflicts"}`);
  parts.push(
    status.lastSyncedAt === null
      ? "never synced"
      : `last synced ${describeAge(Date.parse(status.lastSyncedAt), nowMs)}`,
  );
  return parts.join(" · ");
}

const symbols: Readonly<Record<SyncState, string>> = {
  synced: "●",
  syncing: "◐",
  offline: "○",
  failed: "✗",
  never: "○",
};

function words(status: SyncStatus): string {
  switch (status.state) {
    case "synced":
      return "Online, synced";
    case "syncing":
      return "Online, syncing…";
    case "failed":
      return "Online, sync failed";
    case "offline":
      return status.workOffline ? "Offline (by choice)" : "Offline";
    case "never":
      return "Offline";
  }
}

/** `just now`, `5 min ago`, `3 h ago`, `2 days ago`. */
export function describeAge(thenMs: number, nowMs: number): string {
  const minutes = Math.floor((nowMs - thenMs) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ago`;
  return `${Math.floor(hours / 24)} days ago`;
}
