import type { RelayStore, RelayTables } from "@darksync/runtime/store/store";
import type { Checkpointer } from "./checkpointer.js";
import type { Connection } from "./connection.js";
import { SqliteStore } from "./sqlite-store.js";
import { WalFlush } from "./wal-flush.js";

/** How often the length of the write-ahead log is looked at. */
const commitsPerLook = 16;
/** From so many pages on the write-ahead log is copied into the database. */
const checkpointPages = 4_000;
/** So few pages are copied while writes wait, so that the log can begin anew. */
const lastPages = 200;
/** A log that grows faster than it is copied is not run after for ever. */
const mostPasses = 5;

/**
 * A relay's store in SQLite whose commits do not wait for the disk: `durable` flushes the write-ahead log outside of the
 * event loop, and another thread makes the checkpoints. Why that is sound: docs/decisions/0014-relay-durability.md.
 */
export class SqliteRelayStore implements RelayStore {
  readonly #path: string;
  readonly #connection: Connection;
  readonly #store: SqliteStore<RelayTables>;
  readonly #flush: WalFlush;
  readonly #checkpointer: Checkpointer;
  readonly #onClose: () => void;
  #commitCount = 0;
  #checkpointing: Promise<void> | null = null;
  /** Told to the next who writes: the log grows until a checkpoint succeeds. */
  #checkpointFailure: unknown = null;
  /** Writes wait for it. */
  #pause: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  #isClosed = false;

  /** Whether nobody has closed it. */
  get isInUse(): boolean {
    return this.#closing === null && !this.#isClosed;
  }

  /** `connection`: opened with the durability `by-caller`. `onClose` is told when it is closed for good. */
  constructor(
    path: string,
    connection: Connection,
    tables: RelayTables,
    checkpointer: Checkpointer,
    onClose: () => void,
  ) {
    this.#path = path;
    this.#connection = connection;
    this.#store = new SqliteStore(path, connection, tables);
    this.#flush = new WalFlush(path);
    this.#checkpointer = checkpointer;
    this.#onClose = onClose;
  }

  async write<Value>(work: (tables: RelayTables) => Value): Promise<Value> {
    while (this.#pause !== null) await this.#pause;
    this.#throwFailure();
    const value = await this.#store.write(work);
    this.#flush.committed();
    this.#commitCount += 1;
    if (this.#commitCount % commitsPerLook === 0) this.#lookAtLog();
    return value;
  }

  read<Value>(work: (tables: RelayTables) => Value): Value {
    return this.#store.read(work);
  }

  durable(): Promise<void> {
    return this.#flush.durable();
  }

  /**
   * Nobody may use it after this. A long log is copied by the other thread first. After the disk has failed it stays
   * open: only a new process may look at what is left.
   */
  close(): void {
    if (this.#flush.failure !== null || this.#closing !== null) return;
    if (this.#pagesToCopy() <= lastPages) {
      this.closeNow();
      return;
    }
    this.#closing = this.#checkpointer.checkpoint(this.#path).then(
      () => this.closeNow(),
      () => this.closeNow(),
    );
  }

  /** Closes it with a checkpoint on this thread, if there is something to copy. */
  closeNow(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#flush.close();
    this.#connection.close();
    this.#checkpointer.close(this.#path);
    this.#onClose();
  }

  #throwFailure(): void {
    const failure = this.#flush.failure ?? this.#checkpointFailure;
    this.#checkpointFailure = null;
    if (failure !== null) throw failure;
  }

  #lookAtLog(): void {
    if (this.#checkpointing === null && this.#pagesToCopy() >= checkpointPages)
      this.#checkpointing = this.#checkpoint();
  }

  async #checkpoint(): Promise<void> {
    try {
      for (let pass = 0; pass < mostPasses && this.#pagesToCopy() > lastPages; pass += 1)
        await this.#checkpointer.checkpoint(this.#path);
      if (this.#pagesToCopy() > 0) {
        this.#pause = this.#checkpointer.checkpoint(this.#path);
        await this.#pause;
      }
    } catch (error) {
      this.#checkpointFailure = error;
    } finally {
      this.#pause = null;
      this.#checkpointing = null;
    }
  }

  #pagesToCopy(): number {
    if (this.#isClosed) return 0;
    const row = this.#connection.row<{ log: number; checkpointed: number }>("pragma wal_checkpoint(noop)");
    return row === undefined ? 0 : row.log - row.checkpointed;
  }
}
