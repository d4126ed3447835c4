import type { Connection } from "./connection.js";
import {
  entryBytes,
  indexIn,
  joinedEntries,
  mergedEntries,
  numberAt,
  prefixBytes,
  prefixOf,
  sortedEntries,
  splitEntries,
} from "./hash-entries.js";

const keysPerRun = 2 ** (8 * prefixBytes);

interface RunRow {
  /** The number of its run, then the beginning of its first hash. */
  readonly key: number;
  readonly entries: Uint8Array;
}

/**
 * Numbers by hash, for what comes many at a time: what a transaction adds is sorted and written as one run of long rows.
 * In an index of single entries each would land on a page of its own, and all of these would have to be written. The last
 * runs are merged with a new one unless they are much longer, so that there are few to look into (as in a log-structured
 * merge tree).
 */
export class HashRuns {
  readonly #connection: Connection;
  readonly #table: string;
  /** What this transaction added, by hash in hex. */
  readonly #added = new Map<string, number>();
  /** The number of the last run, 0 if there is none; null: not looked at yet. */
  #lastRun: number | null = null;

  /** `table`: one with the columns `key integer primary key, entries blob`. */
  constructor(connection: Connection, table: string) {
    this.#connection = connection;
    this.#table = table;
    connection.writeBeforeCommit(() => this.#write());
    connection.forgetAtForeignWrite(() => {
      this.#lastRun = null;
    });
    connection.forgetAtEnd(() => this.#added.clear());
  }

  isEmpty(): boolean {
    return this.#added.size === 0 && this.#runCount() === 0;
  }

  count(): number {
    const row = this.#connection.row<{ bytes: number }>(
      `select coalesce(sum(octet_length(entries)), 0) as bytes from ${this.#table}`,
    );
    return (row?.bytes ?? 0) / entryBytes + this.#added.size;
  }

  /** Adds a hash (hex) that is not there. */
  add(hash: string, number: number): void {
    this.#added.set(hash, number);
  }

  /** The number of a hash (hex), or null. */
  find(hash: string): number | null {
    const added = this.#added.get(hash);
    if (added !== undefined) return added;
    const found = this.#findRow(hash);
    return found === null ? null : numberAt(found.row.entries, found.index);
  }

  /** Takes a hash (hex) out, if it is there. */
  remove(hash: string): void {
    if (this.#added.delete(hash)) return;
    const found = this.#findRow(hash);
    if (found === null) return;
    const { row, index } = found;
    const at = index * entryBytes;
    const rest = joinedEntries([row.entries.subarray(0, at), row.entries.subarray(at + entryBytes)]);
    if (rest.length > 0)
      this.#connection.run(`update ${this.#table} set entries = ? where key = ?`, rest, row.key);
    else this.#connection.run(`delete from ${this.#table} where key = ?`, row.key);
    this.#lastRun = null;
  }

  clear(): void {
    this.#added.clear();
    this.#connection.run(`delete from ${this.#table}`);
    this.#lastRun = null;
  }

  #findRow(hash: string): { readonly row: RunRow; readonly index: number } | null {
    const runCount = this.#runCount();
    if (runCount === 0) return null;
    const blob = Buffer.from(hash, "hex");
    for (let run = runCount; run > 0; run -= 1) {
      const row = this.#connection.row<RunRow>(
        `select key, entries from ${this.#table} where key between ? and ? order by key desc limit 1`,
        run * keysPerRun,
        run * keysPerRun + prefixOf(blob, 0),
      );
      const index = row === undefined ? -1 : indexIn(row.entries, blob);
      if (row !== undefined && index >= 0) return { row, index };
    }
    return null;
  }

  /** Runs are numbered from 1; some of them may be gone. */
  #runCount(): number {
    // What was found holds until another process writes, which only a transaction that writes can tell.
    if (this.#lastRun !== null && this.#connection.isWriting) return this.#lastRun;
    const row = this.#connection.row<{ key: number | null }>(`select max(key) as key from ${this.#table}`);
    this.#lastRun = Math.floor((row?.key ?? 0) / keysPerRun);
    return this.#lastRun;
  }

  #write(): void {
    if (this.#added.size === 0) return;
    let entries = sortedEntries(this.#added);
    let run = this.#runCount() + 1;
    for (; run > 1 && this.#isShort(run - 1, entries.length); run -= 1)
      entries = mergedEntries(this.#take(run - 1), entries);
    for (const part of splitEntries(entries))
      this.#connection.run(
        `insert into ${this.#table} values (?, ?)`,
        run * keysPerRun + prefixOf(part, 0),
        part,
      );
    this.#lastRun = run;
    this.#added.clear();
  }

  #isShort(run: number, bytes: number): boolean {
    const row = this.#connection.row<{ bytes: number }>(
      `select coalesce(sum(octet_length(entries)), 0) as bytes from ${this.#table} where key between ? and ?`,
      run * keysPerRun,
      (run + 1) * keysPerRun - 1,
    );
    return (row?.bytes ?? 0) <= 2 * bytes;
  }

  #take(run: number): Uint8Array {
    const range = [run * keysPerRun, (run + 1) * keysPerRun - 1];
    const rows = this.#connection.rows<{ entries: Uint8Array }>(
      `select entries from ${this.#table} where key between ? and ? order by key`,
      ...range,
    );
    this.#connection.run(`delete from ${this.#table} where key between ? and ?`, ...range);
    return joinedEntries(rows.map((row) => row.entries));
  }
}
