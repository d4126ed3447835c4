import type { Connection } from "./connection.js";
import { danglingError } from "./store-errors.js";

/** Short integers for long names (logs, devices). A row never changes, so what was read once holds for ever. */
export class NameTable {
  readonly #connection: Connection;
  readonly #table: "log" | "device";
  readonly #ids = new Map<string, number>();
  readonly #names = new Map<number, string>();

  constructor(connection: Connection, table: "log" | "device") {
    this.#connection = connection;
    this.#table = table;
    connection.forgetAtRollback(() => {
      this.#ids.clear();
      this.#names.clear();
    });
  }

  /** The id of a name, or null if it has none. */
  find(name: string): number | null {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const row = this.#connection.row<{ id: number }>(`select id from ${this.#table} where name = ?`, name);
    return row === undefined ? null : this.#remember(row.id, name);
  }

  /** The id of a name; gives it one if it has none. */
  idOf(name: string): number {
    const found = this.find(name);
    if (found !== null) return found;
    return this.#remember(this.#connection.insert(`insert into ${this.#table}(name) values (?)`, name), name);
  }

  nameOf(id: number): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const row = this.#connection.row<{ name: string }>(`select name from ${this.#table} where id = ?`, id);
    if (row === undefined) throw danglingError(this.#table, id);
    this.#remember(id, row.name);
    return row.name;
  }

  #remember(id: number, name: string): number {
    this.#ids.set(name, id);
    this.#names.set(id, name);
    return id;
  }
}
