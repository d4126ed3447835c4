import type { LogName } from "@darksync/core/vector";
import type { SegmentStore, StoredSegment } from "@darksync/runtime/store/segment-store";
import type { Connection } from "./connection.js";
import { blobOfHex, hexOfBlob, plainBytes } from "./hex-blob.js";
import type { NameTable } from "./name-table.js";

interface SegmentRow {
  readonly number: number;
  readonly hash: Uint8Array;
  readonly byte_count: number;
  readonly held_bytes: number;
}

const columns = "number, hash, byte_count, length(bytes) as held_bytes";

/** The sealed parts of logs, in SQLite. */
export class SegmentTable implements SegmentStore {
  readonly #connection: Connection;
  readonly #logs: NameTable;

  constructor(connection: Connection, logs: NameTable) {
    this.#connection = connection;
    this.#logs = logs;
  }

  list(log: LogName): readonly StoredSegment[] {
    return this.#connection
      .rows<SegmentRow>(
        `select ${columns} from segment where log_id = ? order by number`,
        this.#logs.find(log),
      )
      .map(segmentOf);
  }

  get(log: LogName, number: number): StoredSegment | null {
    const row = this.#connection.row<SegmentRow>(
      `select ${columns} from segment where log_id = ? and number = ?`,
      this.#logs.find(log),
      number,
    );
    return row === undefined ? null : segmentOf(row);
  }

  bytes(log: LogName, number: number): Uint8Array | null {
    const row = this.#connection.row<{ bytes: Uint8Array }>(
      "select bytes from segment where log_id = ? and number = ?",
      this.#logs.find(log),
      number,
    );
    return row === undefined ? null : plainBytes(row.bytes);
  }

  put(log: LogName, { number, hash, byteCount }: Omit<StoredSegment, "heldBytes">, bytes: Uint8Array): void {
    this.#connection.run(
      `insert into segment(log_id, number, hash, byte_count, bytes) values (?, ?, ?, ?, ?)
      on conflict(log_id, number) do update
      set hash = excluded.hash, byte_count = excluded.byte_count, bytes = excluded.bytes`,
      this.#logs.idOf(log),
      number,
      blobOfHex(hash),
      byteCount,
      bytes,
    );
  }

  remove(log: LogName, number: number): void {
    this.#connection.run("delete from segment where log_id = ? and number = ?", this.#logs.find(log), number);
  }
}

function segmentOf({ number, hash, byte_count, held_bytes }: SegmentRow): StoredSegment {
  return { number, hash: hexOfBlob(hash), byteCount: byte_count, heldBytes: held_bytes };
}
