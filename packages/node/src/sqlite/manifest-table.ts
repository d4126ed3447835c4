import type { LogName } from "@darksync/core/vector";
import type { ManifestStore } from "@darksync/runtime/store/manifest-store";
import type { Connection } from "./connection.js";
import { plainBytes } from "./hex-blob.js";
import type { NameTable } from "./name-table.js";

/** A relay's manifests, in SQLite. */
export class ManifestTable implements ManifestStore {
  readonly #connection: Connection;
  readonly #logs: NameTable;

  constructor(connection: Connection, logs: NameTable) {
    this.#connection = connection;
    this.#logs = logs;
  }

  get(log: LogName): Uint8Array | null {
    const row = this.#connection.row<{ bytes: Uint8Array }>(
      "select bytes from manifest where log_id = ?",
      this.#logs.find(log),
    );
    return row === undefined ? null : plainBytes(row.bytes);
  }

  set(log: LogName, bytes: Uint8Array): void {
    this.#connection.run(
      "insert or replace into manifest(log_id, bytes) values (?, ?)",
      this.#logs.idOf(log),
      bytes,
    );
  }
}
