import type { MetaStore } from "@darksync/runtime/store/block-store";
import type { Connection } from "./connection.js";

/** Small values by name, in SQLite. */
export class MetaTable implements MetaStore {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get(key: string): string | null {
    return (
      this.#connection.row<{ value: string }>("select value from meta where key = ?", key)?.value ?? null
    );
  }

  set(key: string, value: string | null): void {
    if (value === null) this.#connection.run("delete from meta where key = ?", key);
    else this.#connection.run("insert or replace into meta(key, value) values (?, ?)", key, value);
  }
}
