import Database from "better-sqlite3";

/** `RawStore` with rooms: rows of bytes and the name of a room, in SQLite in WAL mode, and nothing else. */
export class RawRoomStore {
  readonly #database: Database.Database;
  readonly #insert: Database.Statement;
  readonly #after: Database.Statement;

  constructor(path: string, fsync: boolean) {
    this.#database = new Database(path);
    this.#database.pragma("journal_mode = WAL");
    this.#database.pragma(`synchronous = ${fsync ? "FULL" : "NORMAL"}`);
    this.#database.exec("create table if not exists row(id integer primary key, room text, bytes blob)");
    this.#database.exec("create index if not exists by_room on row(room)");
    this.#insert = this.#database.prepare("insert into row(room, bytes) values (?, ?)");
    this.#after = this.#database
      .prepare("select bytes from row where room = ? order by id limit -1 offset ?")
      .pluck();
  }

  /** Writes rows in one transaction. */
  write(room: string, rows: readonly Uint8Array[]): void {
    this.#database.transaction(() => {
      for (const row of rows) this.#insert.run(room, row);
    })();
  }

  /** The rows of a room but its first `count`. */
  after(room: string, count: number): readonly Uint8Array[] {
    return this.#after.all(room, count) as Uint8Array[];
  }
}
