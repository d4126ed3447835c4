import type { Connection } from "./connection.js";
import { KeySet } from "./key-set.js";

/** The statements that a filter asks a table with. */
interface KeyQueries {
  /** One row, `count`: at least the number of rows; cheap however many there are. */
  readonly count: string;
  /** A row for each key, `key`. */
  readonly keys: string;
}

// Reading so many keys takes a few milliseconds.
const mostRead = 10_000;
// In about 32 MB of memory.
const mostKept = 2_000_000;

/**
 * Tells within a transaction that writes which keys are not in a table, without asking it: a clone asks for each of its
 * ids and hashes whether it is new. Works where the table was small when this process began to write, so that all its
 * keys can be known. Rows that go away need not be told of.
 */
export class KeyFilter {
  readonly #connection: Connection;
  readonly #queries: KeyQueries;
  /** Undefined: not looked at yet; null: too many. */
  #keys: KeySet | null | undefined = undefined;
  /** Keys that were added before the table was looked at: their rows may be kept back still. */
  #unread = new KeySet();

  constructor(connection: Connection, queries: KeyQueries) {
    this.#connection = connection;
    this.#queries = queries;
    connection.forgetAtForeignWrite(() => {
      this.#keys = undefined;
      this.#unread = new KeySet();
    });
  }

  /** False only if no row has this key. */
  mayHold(key: number): boolean {
    if (!this.#connection.isWriting) return true;
    if (this.#keys === undefined) this.#keys = this.#read();
    return this.#keys === null || this.#keys.has(key);
  }

  /** Notes the key of a row that was inserted or is about to be. */
  add(key: number): void {
    if (this.#keys === null) return;
    const keys = this.#keys ?? this.#unread;
    keys.add(key);
    if (keys.size > mostKept) this.#keys = null;
  }

  #read(): KeySet | null {
    const { count, keys } = this.#queries;
    if ((this.#connection.row<{ count: number }>(count)?.count ?? 0) > mostRead) return null;
    for (const { key } of this.#connection.rows<{ key: number }>(keys)) this.#unread.add(key);
    return this.#unread;
  }
}
