import { parentPort } from "node:worker_threads";
import type { Problem } from "@darksync/core/result";
import { type CheckedDatabase, checkRelaySpace } from "./check-relay-space.js";

/** The answer: what was found. A worker that dies has found nothing out. */
export interface RelayCheckAnswer {
  readonly problems: readonly Problem[];
}

/** Others come first: of four parts of the time it takes one. */
const restParts = 3;

parentPort?.on("message", async (database: CheckedDatabase) => {
  let startedMs = performance.now();
  const problems = await checkRelaySpace(database, async () => {
    const restMs = restParts * (performance.now() - startedMs);
    await new Promise((resolve) => setTimeout(resolve, restMs));
    startedMs = performance.now();
  });
  parentPort?.postMessage({ problems } satisfies RelayCheckAnswer);
});
