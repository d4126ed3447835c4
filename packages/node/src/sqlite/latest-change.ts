import { type LatestChange, latestOf, selectLatest } from "./change-columns.js";
import type { ChangePages } from "./change-pages.js";
import type { ChangeRows } from "./change-rows.js";
import type { Connection } from "./connection.js";

/** What the number and the time of the next change follow from, known as long as nobody else writes. */
export class LatestChangeReader {
  readonly #connection: Connection;
  readonly #rows: ChangeRows;
  readonly #pages: ChangePages;
  // Undefined: not read yet; null: there is none.
  #latest: LatestChange | null | undefined = undefined;
  #retiredNumber: number | null = null;

  constructor(connection: Connection, rows: ChangeRows, pages: ChangePages) {
    this.#connection = connection;
    this.#rows = rows;
    this.#pages = pages;
    connection.forgetAtForeignWrite(() => this.forget());
  }

  /** Null if there is no change. */
  read(): LatestChange | null {
    if (this.#latest !== undefined && this.#connection.isWriting) return this.#latest;
    this.#rows.write();
    const [onPage] = this.#pages.before(Number.MAX_SAFE_INTEGER, 1);
    const latest = [
      ...this.#connection.rows<LatestChange>(selectLatest),
      ...(onPage === undefined ? [] : [latestOf(onPage)]),
    ].reduce<LatestChange | null>(
      (last, next) => (last === null || next.number > last.number ? next : last),
      null,
    );
    if (this.#connection.isWriting) this.#latest = latest;
    return latest;
  }

  /** The number of the next change: none is given twice, not even that of one that was removed. */
  nextNumber(): number {
    this.#retiredNumber ??=
      this.#connection.row<{ number: number }>("select number from retired_number")?.number ?? 0;
    return 1 + Math.max(this.read()?.number ?? 0, this.#retiredNumber);
  }

  /** Notes a change that was just added. */
  note(latest: LatestChange): void {
    this.#latest = latest;
  }

  /** A change was removed, or another process wrote. */
  forget(): void {
    this.#latest = undefined;
    this.#retiredNumber = null;
  }
}
