import type { StorageStore } from "@darksync/runtime/store/text-store";
import type { Connection } from "./connection.js";

/** The room that a database takes. */
export class StorageTable implements StorageStore {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  usedBytes(): number {
    return (this.#number("page_count") - this.#number("freelist_count")) * this.#number("page_size");
  }

  historyBytes(): number {
    const row = this.#connection.row<{ bytes: number }>(
      `select (select coalesce(sum(octet_length(bytes)), 0) from block)
        + (select coalesce(sum(octet_length(bytes)), 0) from segment)
        + (select coalesce(sum(octet_length(bytes)), 0) from unsigned_change) as bytes`,
    );
    return row?.bytes ?? 0;
  }

  reclaim(maxBytes: number): boolean {
    const pages = Math.ceil(maxBytes / this.#number("page_size"));
    this.#connection.runToEnd(`pragma incremental_vacuum(${pages})`);
    return this.#number("freelist_count") > 0;
  }

  #number(pragma: "page_count" | "freelist_count" | "page_size"): number {
    const row = this.#connection.row<Record<typeof pragma, number>>(`pragma ${pragma}`);
    if (row === undefined) throw new Error(`SQLite does not tell its ${pragma}`);
    return row[pragma];
  }
}
