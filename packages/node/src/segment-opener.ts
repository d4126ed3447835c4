import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Result } from "@darksync/core/result";
import { type OpenedSegment, type OpenSegment, segmentOpener } from "@darksync/runtime/replica/open-segment";
import { openPorts } from "./crypto.js";
import type { OpenAnswer, OpenRequest } from "./segment-worker.js";

type Waiting = { readonly request: OpenRequest; readonly resolve: (result: Result<OpenedSegment>) => void };

// More would only wait for the thread that writes what they opened.
const mostThreads = Math.min(2, availableParallelism());

const openHere = segmentOpener(openPorts);

/** Opens segments in other threads, while this one writes what they opened before. */
export function threadedSegmentOpener(): OpenSegment {
  const openers: ThreadedOpener[] = [];
  return (address, bytes) => {
    const [idlest] = [...openers].sort((left, right) => left.waitingCount - right.waitingCount);
    if (idlest !== undefined && (idlest.waitingCount === 0 || openers.length >= mostThreads))
      return idlest.open(address, bytes);
    const opener = new ThreadedOpener();
    openers.push(opener);
    return opener.open(address, bytes);
  };
}

/** Opens segments in one other thread. */
class ThreadedOpener {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #hasFailed = false;
  #lastId = 0;

  get waitingCount(): number {
    return this.#waiting.size;
  }

  open(address: string, bytes: Uint8Array): Promise<Result<OpenedSegment>> {
    if (this.#hasFailed) return openHere(address, bytes);
    return new Promise((resolve) => {
      this.#lastId += 1;
      const request: OpenRequest = { id: this.#lastId, address, bytes };
      this.#waiting.set(request.id, { request, resolve });
      this.#worker ??= this.#start();
      // Idle, it must not keep the process alive; at work it must.
      this.#worker.ref();
      this.#worker.postMessage(request);
    });
  }

  #start(): Worker {
    // Beside this file, as a source or as it was built.
    const name = `./segment-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`;
    const worker = new Worker(new URL(name, import.meta.url));
    worker.on("message", ({ id, result }: OpenAnswer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) worker.unref();
      waiting?.resolve(result);
    });
    // Where there is no such thread the work is done here.
    worker.on("error", () => {
      this.#hasFailed = true;
      this.#worker = null;
      for (const { request, resolve } of this.#waiting.values())
        void openHere(request.address, request.bytes).then(resolve);
      this.#waiting.clear();
    });
    return worker;
  }
}
