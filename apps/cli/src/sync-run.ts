import { socketTransport } from "@darksync/node/socket-transport";
import { takeSyncLock } from "@darksync/node/sync-lock";
import { processTimers } from "@darksync/node/timers";
import { type SyncCounts, type SyncOutcome, SyncSession } from "@darksync/runtime/replica/sync-session";
import type { SyncMode } from "@darksync/sync/replica-state";
import { ProblemError } from "./problem-error.js";
import type { Space } from "./space.js";

const lockWaitMs = 30_000;
const lookAgainMs = 25;

/** Makes the one sync that a space may run at a time; waits for one in the background to end first. */
export async function withSyncLock<Value>({ paths }: Space, work: () => Promise<Value>): Promise<Value> {
  const deadlineMs = Date.now() + lockWaitMs;
  let lock = takeSyncLock(paths.lock);
  while (lock === null) {
    if (Date.now() > deadlineMs) {
      throw new ProblemError({
        code: "sync-running",
        message: "another sync of this space is running",
        hint: "Wait for it, or stop the `darklang sync --watch` that holds it.",
      });
    }
    await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
    lock = takeSyncLock(paths.lock);
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/** A session of this process; `socketUrl` as `parseRelayUrl` gives it. */
export function newSession(
  { replica }: Space,
  socketUrl: string,
  mode: SyncMode,
  onProgress: (counts: SyncCounts) => void = () => {},
): SyncSession {
  return new SyncSession(
    replica,
    { transport: socketTransport, timers: processTimers },
    socketUrl,
    mode,
    onProgress,
  );
}

/** Syncs once, to the end. */
export function runSync(
  space: Space,
  socketUrl: string,
  onProgress: (counts: SyncCounts) => void = () => {},
): Promise<SyncOutcome> {
  return withSyncLock(space, () => newSession(space, socketUrl, "once", onProgress).run());
}
