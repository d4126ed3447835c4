import Database from "better-sqlite3";

/**
 * The physical limit for our stack: rows of bytes in SQLite in WAL mode and nothing else. `fsync`: whether a
 * transaction is on the disk before it counts as written; without it only checkpoints are.
 */
export class RawStore {
  readonly #database: Database.Database;
  readonly #insert: Database.Statement;

  constructor(path: string, fsync: boolean) {
    this.#database = new Database(path);
    this.#database.pragma("journal_mode = WAL");
    this.#database.pragma(`synchronous = ${fsync ? "FULL" : "NORMAL"}`);
    this.#database.exec("create table if not exists row(id integer primary key, bytes blob)");
    this.#insert = this.#database.prepare("insert into row(bytes) values (?)");
  }

  /** Writes rows in one transaction. */
  write(rows: readonly Uint8Array[]): void {
    this.#database.transaction(() => {
      for (const row of rows) this.#insert.run(row);
    })();
  }

  /** Rows after `id`, in order. */
  after(id: number): readonly Uint8Array[] {
    return this.#database
      .prepare("select bytes from row where id > ? order by id")
      .pluck()
      .all(id) as Uint8Array[];
  }

  count(): number {
    return this.#database.prepare("select count(*) from row").pluck().get() as number;
  }

  close(): void {
    this.#database.close();
  }
}
