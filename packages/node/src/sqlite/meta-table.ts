import type { MetaStore } from "@darksync/runtime/store/block-store";
import type { Connection } from "./connection.js";

/** Small values by name, in SQLite. */
export class MetaTable implements MetaStore {
  readonly #connection: Connection;
  readonly #known = new Map<string, string | null>();

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.forgetAtForeignWrite(() => this.#known.clear());
  }

  get(key: string): string | null {
    const known = this.#connection.isWriting ? this.#known.get(key) : undefined;
    if (known !== undefined) return known;
    const row = this.#connection.row<{ value: string }>("select value from meta where key = ?", key);
    const value = row?.value ?? null;
    if (this.#connection.isWriting) this.#known.set(key, value);
    return value;
  }

  set(key: string, value: string | null): void {
    if (value === null) this.#connection.run("delete from meta where key = ?", key);
    else this.#connection.run("insert or replace into meta(key, value) values (?, ?)", key, value);
    this.#known.set(key, value);
  }
}
