import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isSyncLocked } from "@darksync/node/sync-lock";
import { readFacts } from "@darksync/runtime/replica/replica";
import type { Space } from "./space.js";

/**
 * Hands what was saved to a worker that syncs it while the command is over already (eager mode). Nothing waits for
 * it; a worker that is at it already takes this along. Returns whether one was started.
 */
export function syncInBackground({ paths, replica }: Space): boolean {
  const { relay, workOffline, strategy } = replica.store.read(readFacts);
  if (relay === null || workOffline || strategy !== "eager" || isSyncLocked(paths.lock)) return false;
  const main = fileURLToPath(new URL("./main.js", import.meta.url));
  const worker = spawn(process.execPath, [main, "sync", "--background", "--space", paths.folder], {
    detached: true,
    stdio: "ignore",
    env: { ...process.env, DARKLANG_SPACE: undefined, DARKLANG_BRANCH: undefined },
  });
  // Without a worker the change simply waits for the next sync, and the indicator says so.
  worker.on("error", () => {});
  worker.unref();
  return worker.pid !== undefined;
}
