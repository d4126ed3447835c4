import { parseRelayUrl, type RelayUrl } from "@darksync/node/relay-url";
import { threadedSegmentOpener } from "@darksync/node/segment-opener";
import { httpSegmentSource } from "@darksync/node/segment-source";
import { socketTransport } from "@darksync/node/socket-transport";
import { takeSyncLock } from "@darksync/node/sync-lock";
import { processTimers } from "@darksync/node/timers";
import { readFacts } from "@darksync/runtime/replica/replica";
import { type SyncOptions, SyncSession } from "@darksync/runtime/replica/sync-session";
import type { SyncOutcome } from "@darksync/runtime/replica/sync-tally";
import type { SyncMode } from "@darksync/sync/replica-state";
import { makeRoom } from "./make-room.js";
import { ProblemError, unwrap } from "./problem-error.js";
import type { Space } from "./space.js";

const lockWaitMs = 30_000;
const lookAgainMs = 25;

/** Fulfilled after a short while. */
export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

/** Makes the one sync that a space may run at a time; waits for one in the background to end first. */
export async function withSyncLock<Value>(
  { paths }: Pick<Space, "paths">,
  work: () => Promise<Value>,
): Promise<Value> {
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
    await pause(lookAgainMs);
    lock = takeSyncLock(paths.lock);
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/** A session of this process. The space is linked to that relay once it has answered. */
export function newSession(
  { replica }: Space,
  { socketUrl, text }: RelayUrl,
  mode: SyncMode,
  options: Omit<SyncOptions, "link"> = {},
): SyncSession {
  const clone = { segments: httpSegmentSource, openSegment: threadedSegmentOpener() };
  const ports = { transport: socketTransport, timers: processTimers, clone };
  return new SyncSession(replica, ports, socketUrl, mode, { ...options, link: text });
}

/** Syncs once, to the end. */
export function runSync(space: Space, relay: RelayUrl, options: SyncOptions = {}): Promise<SyncOutcome> {
  return withSyncLock(space, async () => {
    // Whoever stayed to sync held the lock, and is gone without saying so.
    if (isWatching(space)) await noteWatching(space, false);
    const outcome = await newSession(space, relay, "once", options).run();
    await makeRoom(space);
    return outcome;
  });
}

/** The relay that this space is linked to; ends the command if there is none. */
export function linkedRelay({ replica }: Space): RelayUrl {
  const { relay } = replica.store.read(readFacts);
  if (relay !== null) return unwrap(parseRelayUrl(relay));
  throw new ProblemError({
    code: "no-relay",
    message: "this space is linked to no relay",
    hint: "Link it: darklang sync --relay http://HOST:PORT",
  });
}

/** Whether whoever holds the lock stays to sync what is saved. */
export function isWatching({ replica }: Space): boolean {
  return replica.store.read(({ meta }) => meta.get("watching")) === "yes";
}

export function noteWatching({ replica }: Space, isOn: boolean): Promise<void> {
  return replica.store.write(({ meta }) => meta.set("watching", isOn ? "yes" : null));
}
