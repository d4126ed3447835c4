import { close, fdatasync, open } from "node:fs";
import { promisify } from "node:util";
import { StoreError } from "@darksync/runtime/store/store";
import { SharedFlush } from "./shared-flush.js";

const openFile = promisify(open);
const flushFile = promisify(fdatasync);
const closeFile = promisify(close);

/**
 * Makes commits durable outside of the event loop, by flushing the write-ahead log they were appended to. For a database
 * that this process holds open, since SQLite removes the log when nobody does.
 */
export class WalFlush {
  readonly #path: string;
  readonly #shared: SharedFlush;
  #file: Promise<number> | null = null;
  #failure: StoreError | null = null;

  /** `path`: of the database. */
  constructor(path: string) {
    this.#path = path;
    this.#shared = new SharedFlush(() => this.#flush());
  }

  /** Why nothing becomes durable any more: a disk that failed once may have dropped what it was told to keep. */
  get failure(): StoreError | null {
    return this.#failure;
  }

  committed(): void {
    this.#shared.written();
  }

  /** Fulfilled when all that was committed before the call is durable; rejects with `failure`. */
  durable(): Promise<void> {
    return this.#failure === null ? this.#shared.durable() : Promise.reject(this.#failure);
  }

  /** Lets go of the file as soon as nothing is under way. */
  close(): void {
    const file = this.#file;
    if (file === null) return;
    const closeIt = () => file.then(closeFile);
    // Whoever asked for a flush hears of its failure.
    void (this.#shared.pending ?? Promise.resolve()).then(closeIt, closeIt);
  }

  async #flush(): Promise<void> {
    try {
      this.#file ??= openFile(`${this.#path}-wal`, "r");
      await flushFile(await this.#file);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#failure = new StoreError(
        "disk-failed",
        `the disk did not keep what was written to ${this.#path}: ${reason}`,
        "check the disk and that it has room, then start again",
      );
      throw this.#failure;
    }
  }
}
