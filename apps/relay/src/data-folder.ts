import { join } from "node:path";
import type { Signer } from "@darksync/core/ports";
import { makeFolder } from "@darksync/node/make-folder";
import { openRelayKey } from "@darksync/node/relay-key";
import { type SyncLock, takeSyncLock } from "@darksync/node/sync-lock";
import { RelayProblem } from "./relay-problem.js";

/** One data folder, one process: two relays would give one place to two blocks. Throws a `RelayProblem`. */
export function lockData(dir: string): SyncLock {
  let lock: SyncLock | null;
  try {
    makeFolder(dir, 0o700);
    lock = takeSyncLock(join(dir, "relay.lock"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RelayProblem({
      code: "data-not-writable",
      message: `the data folder ${dir} cannot be written: ${reason}`,
      hint: "Give --data a folder that this user may write to, on a disk with room.",
    });
  }
  if (lock !== null) return lock;
  throw new RelayProblem({
    code: "data-in-use",
    message: `the data folder ${dir} is in use: a relay works on it, or its doctor`,
    hint: "Stop it first, or give --data another folder.",
  });
}

/** The relay's key, made if there is none. Throws a `RelayProblem`, and then lets go of the folder. */
export function relayKey(dir: string, lock: SyncLock): Signer {
  const key = openRelayKey(dir);
  if (key.ok) return key.value;
  lock.release();
  throw new RelayProblem(key.problem);
}
