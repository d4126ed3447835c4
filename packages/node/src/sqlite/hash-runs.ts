import type { Connection } from "./connection.js";
import {
  entryBytes,
  hashBytes,
  indexIn,
  joinedEntries,
  mergedEntries,
  numberAt,
  numbersBetween,
  prefixBytes,
  prefixOf,
  rowsOf,
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
  /** What this transaction added: hashes in hex, and the number of each. */
  readonly #hashes: string[] = [];
  readonly #numbers: number[] = [];
  /** The same by hash, as far as somebody has looked: most of what a clone adds is not looked at again. */
  readonly #added = new Map<string, number>();
  #indexedCount = 0;
  /** The number of the last run, 0 if there is none; null: not looked at yet. */
  #lastRun: number | null = null;

  /** `table`: one with the columns `key integer primary key, entries blob`. */
  constructor(connection: Connection, table: string) {
    this.#connection = connection;
    this.#table = table;
    connection.forgetAtForeignWrite(() => {
      this.#lastRun = null;
    });
    connection.forgetAtEnd(() => this.#forgetAdded());
  }

  /** Whether nothing was added that is not taken out again. */
  isEmpty(): boolean {
    return this.#hashes.length === 0 && this.#runCount() === 0;
  }

  count(): number {
    const row = this.#connection.row<{ bytes: number }>(
      `select coalesce(sum(octet_length(entries)), 0) as bytes from ${this.#table}`,
    );
    return (row?.bytes ?? 0) / entryBytes + this.#hashes.length;
  }

  /** Adds a hash (hex) that is not there. */
  add(hash: string, number: number): void {
    this.#hashes.push(hash);
    this.#numbers.push(number);
  }

  /** The number of a hash (hex), or null. */
  find(hash: string): number | null {
    const added = this.#indexed().get(hash);
    if (added !== undefined) return added;
    const found = this.#findRow(hash);
    return found === null ? null : numberAt(found.row.entries, found.index);
  }

  /** The numbers of the hashes that begin with a prefix (hex): of each run the first `limit` of them. */
  withPrefix(prefix: string, limit: number): readonly number[] {
    const found = [...this.#indexed()]
      .filter(([hash]) => hash.startsWith(prefix))
      .map(([, number]) => number);
    for (let run = this.#runCount(); run > 0; run -= 1) found.push(...this.#ofRun(run, prefix, limit));
    return found;
  }

  /** Takes a hash (hex) out, if it is there. */
  remove(hash: string): void {
    if (this.#indexed().delete(hash)) {
      this.#takeOut(hash);
      return;
    }
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
    this.#forgetAdded();
    this.#connection.run(`delete from ${this.#table}`);
    this.#lastRun = null;
  }

  #ofRun(run: number, prefix: string, limit: number): readonly number[] {
    const first = Buffer.from(prefix.padEnd(2 * hashBytes, "0"), "hex");
    const last = Buffer.from(prefix.padEnd(2 * hashBytes, "f"), "hex");
    const from = this.#rowFor(run, first)?.key ?? run * keysPerRun;
    const found: number[] = [];
    for (const { entries } of this.#connection.each<RunRow>(
      `select key, entries from ${this.#table} where key between ? and ? order by key`,
      from,
      run * keysPerRun + prefixOf(last, 0),
    )) {
      found.push(...numbersBetween(entries, first, last));
      if (found.length >= limit) break;
    }
    return found.slice(0, limit);
  }

  /** The row of a run that has a hash, if one does. */
  #rowFor(run: number, hash: Uint8Array): RunRow | undefined {
    return this.#connection.row<RunRow>(
      `select key, entries from ${this.#table} where key between ? and ? order by key desc limit 1`,
      run * keysPerRun,
      run * keysPerRun + prefixOf(hash, 0),
    );
  }

  #findRow(hash: string): { readonly row: RunRow; readonly index: number } | null {
    const runCount = this.#runCount();
    if (runCount === 0) return null;
    const blob = Buffer.from(hash, "hex");
    for (let run = runCount; run > 0; run -= 1) {
      const row = this.#rowFor(run, blob);
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

  /** Writes what this transaction added. Call it before the transaction is committed. */
  write(): void {
    if (this.#hashes.length === 0) return;
    let entries = sortedEntries(this.#hashes, this.#numbers);
    let run = this.#runCount() + 1;
    for (; run > 1 && this.#isShort(run - 1, rowsOf(entries)); run -= 1)
      entries = mergedEntries(this.#take(run - 1), entries);
    for (const part of splitEntries(entries))
      this.#connection.run(
        `insert into ${this.#table} values (?, ?)`,
        run * keysPerRun + prefixOf(part, 0),
        part,
      );
    this.#lastRun = run;
    this.#forgetAdded();
  }

  #indexed(): ReadonlyMap<string, number> & Pick<Map<string, number>, "delete"> {
    for (; this.#indexedCount < this.#hashes.length; this.#indexedCount += 1)
      this.#added.set(this.#hashes[this.#indexedCount] ?? "", this.#numbers[this.#indexedCount] ?? 0);
    return this.#added;
  }

  #takeOut(hash: string): void {
    const index = this.#hashes.indexOf(hash);
    this.#hashes.splice(index, 1);
    this.#numbers.splice(index, 1);
    this.#indexedCount -= 1;
  }

  #forgetAdded(): void {
    this.#hashes.length = 0;
    this.#numbers.length = 0;
    this.#added.clear();
    this.#indexedCount = 0;
  }

  /** Whether a run is not much longer than so many rows. */
  #isShort(run: number, rows: number): boolean {
    const row = this.#connection.row<{ count: number }>(
      `select count(*) as count from (select 1 from ${this.#table} where key between ? and ? limit ?)`,
      ...rangeOf(run),
      2 * rows + 1,
    );
    return (row?.count ?? 0) <= 2 * rows;
  }

  #take(run: number): Uint8Array {
    const rows = this.#connection.rows<{ entries: Uint8Array }>(
      `select entries from ${this.#table} where key between ? and ? order by key`,
      ...rangeOf(run),
    );
    this.#connection.run(`delete from ${this.#table} where key between ? and ?`, ...rangeOf(run));
    return joinedEntries(rows.map((row) => row.entries));
  }
}

function rangeOf(run: number): readonly [number, number] {
  return [run * keysPerRun, (run + 1) * keysPerRun - 1];
}
