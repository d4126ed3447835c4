import type { Store } from "@darksync/runtime/store/store";
import type { Connection } from "./connection.js";
import { meaningOf } from "./store-errors.js";

/** A store over one connection. */
export class SqliteStore<Tables> implements Store<Tables> {
  readonly #path: string;
  readonly #connection: Connection;
  readonly #tables: Tables;

  constructor(path: string, connection: Connection, tables: Tables) {
    this.#path = path;
    this.#connection = connection;
    this.#tables = tables;
  }

  write<Value>(work: (tables: Tables) => Value): Promise<Value> {
    // Thrown at once: the promise of a nested write would have nobody to look at it.
    if (this.#connection.isInTransaction) throw new Error("a write within another transaction");
    try {
      return Promise.resolve(this.#connection.write(() => work(this.#tables)));
    } catch (error) {
      return Promise.reject(meaningOf(error, this.#path));
    }
  }

  read<Value>(work: (tables: Tables) => Value): Value {
    try {
      return this.#connection.read(() => work(this.#tables));
    } catch (error) {
      throw meaningOf(error, this.#path);
    }
  }

  close(): void {
    this.#connection.close();
  }
}
