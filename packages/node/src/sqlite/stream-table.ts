import type { StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import type { Connection } from "./connection.js";
import type { NameTable } from "./name-table.js";
import { danglingError } from "./store-errors.js";

/** Short integers for streams. What a stream's row says beside its name is read anew each time. */
export class StreamTable {
  readonly #connection: Connection;
  readonly #logs: NameTable;
  readonly #ids = new Map<LogName, Map<StreamName, number>>();
  readonly #names = new Map<number, StreamName>();

  constructor(connection: Connection, logs: NameTable) {
    this.#connection = connection;
    this.#logs = logs;
    connection.forgetAtRollback(() => {
      this.#ids.clear();
      this.#names.clear();
    });
  }

  /** The id of a stream, or null if it has none. */
  find(log: LogName, stream: StreamName): number | null {
    const known = this.#ids.get(log)?.get(stream);
    if (known !== undefined) return known;
    const logId = this.#logs.find(log);
    if (logId === null) return null;
    const row = this.#connection.row<{ id: number }>(
      "select id from stream where log_id = ? and name = ?",
      logId,
      stream,
    );
    return row === undefined ? null : this.#remember(row.id, log, stream);
  }

  /** The id of a stream; gives it one if it has none. */
  idOf(log: LogName, stream: StreamName): number {
    const found = this.find(log, stream);
    if (found !== null) return found;
    const id = this.#connection.insert(
      "insert into stream(log_id, name) values (?, ?)",
      this.#logs.idOf(log),
      stream,
    );
    return this.#remember(id, log, stream);
  }

  nameOf(id: number): StreamName {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const row = this.#connection.row<{ name: string }>("select name from stream where id = ?", id);
    if (row === undefined) throw danglingError("stream", id);
    this.#names.set(id, row.name);
    return row.name;
  }

  #remember(id: number, log: LogName, stream: StreamName): number {
    const ids = this.#ids.get(log) ?? new Map<StreamName, number>();
    this.#ids.set(log, ids.set(stream, id));
    this.#names.set(id, stream);
    return id;
  }
}
