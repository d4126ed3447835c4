import { Worker } from "node:worker_threads";
import type { Problem } from "@darksync/core/result";
import type { CheckedDatabase } from "./check-relay-space.js";
import type { RelayCheckAnswer } from "./check-relay-worker.js";

/** Checks databases of a running relay in another thread, one at a time and slowly: nobody waits for it. */
export class RelayChecker {
  #worker: Worker | null = null;

  /** What is wrong with a database; null if the checker was stopped meanwhile. Rejects if it could not be looked at. */
  async check(database: CheckedDatabase): Promise<readonly Problem[] | null> {
    // Beside this file, as a source or as it was built.
    const name = `./check-relay-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`;
    const worker = new Worker(new URL(name, import.meta.url));
    this.#worker = worker;
    worker.unref();
    try {
      return await new Promise((resolve, reject) => {
        worker.once("message", ({ problems }: RelayCheckAnswer) => resolve(problems));
        worker.once("error", reject);
        worker.once("exit", () => resolve(null));
        worker.postMessage(database);
      });
    } finally {
      this.#worker = null;
      await worker.terminate();
    }
  }

  /** Breaks off what is under way. */
  async stop(): Promise<void> {
    await this.#worker?.terminate();
  }
}
