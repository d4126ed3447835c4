import { close, fdatasync, open } from "node:fs";
import { promisify } from "node:util";
import { StoreError } from "@darksync/runtime/store/store";

const openFile = promisify(open);
const flushFile = promisify(fdatasync);
const closeFile = promisify(close);

/**
 * Makes commits durable outside of the event loop, by flushing the write-ahead log they were appended to; calls that come
 * while one flush is under way share the next. For a database that this process holds open, since SQLite removes the
 * log when nobody does.
 */
export class WalFlush {
  readonly #path: string;
  #file: Promise<number> | null = null;
  /** Commits, and one more for what another process may have left unflushed in the log. */
  #written = 1;
  #durable = 0;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  #failure: StoreError | null = null;

  /** `path`: of the database. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Why nothing becomes durable any more: a disk that failed once may have dropped what it was told to keep. */
  get failure(): StoreError | null {
    return this.#failure;
  }

  committed(): void {
    this.#written += 1;
  }

  /** Fulfilled when all that was committed before the call is durable; rejects with `failure`. */
  durable(): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#durable === this.#written) return Promise.resolve();
    this.#next ??= this.#afterRunning();
    return this.#next;
  }

  /** Lets go of the file as soon as nothing is under way. */
  close(): void {
    const file = this.#file;
    if (file === null) return;
    const closeIt = () => file.then(closeFile);
    // Whoever asked for a flush hears of its failure.
    void (this.#next ?? this.#running ?? Promise.resolve()).then(closeIt, closeIt);
  }

  async #afterRunning(): Promise<void> {
    if (this.#running !== null) await this.#running;
    this.#running = this.#next;
    this.#next = null;
    const written = this.#written;
    try {
      this.#file ??= openFile(`${this.#path}-wal`, "r");
      await flushFile(await this.#file);
      this.#durable = written;
    } catch (error) {
      this.#failure = meaning(error, this.#path);
      throw this.#failure;
    } finally {
      this.#running = null;
    }
  }
}

function meaning(error: unknown, path: string): StoreError {
  const reason = error instanceof Error ? error.message : String(error);
  return new StoreError(
    "disk-failed",
    `the disk did not keep what was written to ${path}: ${reason}`,
    "check the disk and that it has room, then start again",
  );
}
