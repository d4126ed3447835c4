import { Worker } from "node:worker_threads";
import type { CheckpointAnswer, CheckpointRequest } from "./checkpoint-worker.js";

interface Caller {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Copies write-ahead logs into their databases in another thread, since that waits for the disk. */
export class Checkpointer {
  #worker: Worker | null = null;
  readonly #callers = new Map<string, Caller[]>();

  /** Copies what is in the log of a database and in use by nobody. The other thread keeps the database open. */
  checkpoint(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const callers = this.#callers.get(path) ?? [];
      this.#callers.set(path, [...callers, { resolve, reject }]);
      this.#ask({ path, type: "checkpoint" });
    });
  }

  /** Closes a database in the other thread, if it is open there. */
  close(path: string): void {
    if (this.#worker !== null) this.#ask({ path, type: "close" });
  }

  /** Ends the other thread; databases that are open there are closed. */
  end(): void {
    void this.#worker?.terminate();
    this.#worker = null;
  }

  #ask(request: CheckpointRequest): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(request);
  }

  #start(): Worker {
    // Beside this file, as a source or as it was built.
    const name = `./checkpoint-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`;
    const worker = new Worker(new URL(name, import.meta.url));
    worker.unref();
    worker.on("message", ({ path, failure }: CheckpointAnswer) => {
      const [caller, ...others] = this.#callers.get(path) ?? [];
      if (others.length === 0) this.#callers.delete(path);
      else this.#callers.set(path, others);
      if (failure === null) caller?.resolve();
      else caller?.reject(new Error(`${path} was not checkpointed: ${failure}`));
    });
    worker.on("error", (error) => {
      const callers = [...this.#callers.values()].flat();
      this.#callers.clear();
      for (const { reject } of callers) reject(error);
    });
    worker.on("exit", () => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      // It ends when nothing is open in it, and did not hear what was asked meanwhile.
      for (const [path, callers] of this.#callers)
        for (const _caller of callers) this.#ask({ path, type: "checkpoint" });
    });
    return worker;
  }
}
