import { takeSyncLock } from "@darksync/node/sync-lock";
import { readStatus } from "@darksync/runtime/read/status";
import { readFacts } from "@darksync/runtime/replica/replica";
import type { Answer } from "./command.js";
import { makeRoom } from "./make-room.js";
import type { Space } from "./space.js";
import { linkedRelay, newSession } from "./sync-run.js";

/**
 * The worker that a save leaves behind (eager mode). It is silent: what comes of it is in the queue. One that finds
 * the lock taken goes at once, since whoever has it looks for work again after letting go of it.
 */
export async function syncInWorker(space: Space): Promise<Answer> {
  let counts = { pushed: 0, pulled: 0 };
  for (
    let hasWork = isAnythingPending(space);
    hasWork && mayWork(space);
    hasWork = isAnythingUnsigned(space)
  ) {
    const lock = takeSyncLock(space.paths.lock);
    if (lock === null) break;
    try {
      const { pushed, pulled, problem } = await newSession(space, linkedRelay(space), "once").run();
      counts = { pushed: counts.pushed + pushed, pulled: counts.pulled + pulled };
      if (problem !== null) break;
      await makeRoom(space);
    } finally {
      lock.release();
    }
  }
  return { json: counts, text: "" };
}

function mayWork({ replica }: Space): boolean {
  const { relay, workOffline } = replica.store.read(readFacts);
  return relay !== null && !workOffline;
}

function isAnythingPending({ replica }: Space): boolean {
  return replica.store.read(
    (tables) =>
      readStatus(tables, false).pending > 0 || tables.queue.list().some(({ task }) => task.type === "pull"),
  );
}

// What was saved meanwhile; what the relay does not take stays pending, and is no reason to go on.
function isAnythingUnsigned({ replica }: Space): boolean {
  return replica.store.read(({ changes }) => changes.logsWithUnsigned()).length > 0;
}
