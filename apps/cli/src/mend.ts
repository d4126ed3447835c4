import { chmodSync } from "node:fs";
import { readDeviceKey } from "@darksync/node/device-key";
import { logsOf, queueUncovered } from "@darksync/runtime/replica/push-queue";
import { openReplica } from "@darksync/runtime/replica/replica";
import { commonPorts } from "./common-ports.js";
import { checkSpace, type Health } from "./health.js";
import { openStore } from "./open-store.js";
import type { Repair } from "./repair.js";
import type { SpacePaths } from "./space.js";

/** Mends what takes no new database; what nobody but its user can mend stays. */
export async function mendRest(paths: SpacePaths, health: Health, isQuiet: boolean): Promise<Repair> {
  const codes = new Set(health.problems.map(({ code }) => code));
  const repaired: string[] = [];
  if (codes.has("key-mode")) {
    chmodSync(paths.key, 0o600);
    repaired.push("Only you can read the device key now.");
  }
  const signer = readDeviceKey(paths.key);
  if (signer.ok && health.status !== null && (codes.has("queue-gap") || codes.has("outbox-damaged"))) {
    const store = await openStore(paths, signer.value, false);
    try {
      if (codes.has("queue-gap")) {
        const replica = await openReplica({ ...commonPorts, store, signer: signer.value });
        await store.write((tables) => {
          for (const log of logsOf(tables)) queueUncovered(replica, tables, log);
        });
        repaired.push("What waits for the relay is in the queue again.");
      }
      if (codes.has("outbox-damaged")) {
        await store.rewrite();
        repaired.push("The outbox was written anew.");
      }
    } finally {
      store.close();
    }
  }
  const after = repaired.length === 0 ? health : await checkSpace(paths, isQuiet);
  return { health: after, repaired, missing: [], kept: null };
}
