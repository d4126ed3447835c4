import type { ChangeId } from "@darksync/core/op-id";
import type { Problem } from "@darksync/core/result";
import type { ChangeRecord } from "@darksync/runtime/store/change-store";
import {
  type ChangeColumns,
  selectById,
  selectByNumber,
  selectNotes,
  selectPlaced,
  selectUnsigned,
} from "./change-columns.js";
import type { ChangePages, PlacedChange } from "./change-pages.js";
import type { ChangeRows } from "./change-rows.js";
import type { Connection } from "./connection.js";
import { blobOfHex, keyOfHex, keysOfPrefix, plainBytes } from "./hex-blob.js";
import type { NameTable } from "./name-table.js";
import type { StreamTable } from "./stream-table.js";

/** Reads changes as the port has them, from the rows of both tables and from pages. */
export class ChangeRecords {
  readonly #connection: Connection;
  readonly #rows: ChangeRows;
  readonly #pages: ChangePages;
  readonly #logs: NameTable;
  readonly #devices: NameTable;
  readonly #streams: StreamTable;

  constructor(
    connection: Connection,
    rows: ChangeRows,
    pages: ChangePages,
    logs: NameTable,
    devices: NameTable,
    streams: StreamTable,
  ) {
    this.#connection = connection;
    this.#rows = rows;
    this.#pages = pages;
    this.#logs = logs;
    this.#devices = devices;
    this.#streams = streams;
  }

  byId(id: ChangeId): ChangeRecord | null {
    const record = this.#one(selectById, keyOfHex(id), blobOfHex(id));
    if (record !== null) return record;
    const number = this.#pages.ids.find(id);
    return number === null ? null : this.#onPage(number);
  }

  byNumber(number: number): ChangeRecord | null {
    return this.#one(selectByNumber, number) ?? this.#onPage(number);
  }

  withPrefix(idPrefix: string, limit: number): readonly ChangeRecord[] {
    if (!/^[0-9a-f]{0,64}$/.test(idPrefix)) return [];
    const records = this.list(
      "where id_key between ? and ? and id between ? and ? order by id limit ?",
      ...keysOfPrefix(idPrefix),
      blobOfHex(idPrefix.padEnd(64, "0")),
      blobOfHex(idPrefix.padEnd(64, "f")),
      limit,
    );
    const onPages = this.#pages.ids
      .withPrefix(idPrefix, limit)
      .flatMap((number) => this.#onPage(number) ?? []);
    return [...records, ...onPages].sort((left, right) => (left.id < right.id ? -1 : 1)).slice(0, limit);
  }

  /** Of the rows of both tables, in order of number. A view of both would be sorted as a whole for each page. */
  list(condition: string, ...values: (number | Uint8Array | null)[]): ChangeRecord[] {
    this.#rows.write();
    return [
      ...this.#connection.rows<ChangeColumns>(`${selectPlaced} ${condition}`, ...values),
      ...this.#connection.rows<ChangeColumns>(`${selectUnsigned} ${condition}`, ...values),
    ]
      .sort((left, right) => left.number - right.number)
      .map((row) => this.ofRow(row));
  }

  /** Those whose numbers a statement gives. */
  byNumbers(numbers: string): readonly ChangeRecord[] {
    this.#rows.write();
    return this.#connection
      .rows<{ number: number }>(numbers)
      .flatMap(({ number }) => this.byNumber(number) ?? []);
  }

  #one(
    [placed, unsigned]: readonly [string, string],
    ...values: (number | Uint8Array)[]
  ): ChangeRecord | null {
    this.#rows.write();
    const row =
      this.#connection.row<ChangeColumns>(placed, ...values) ??
      this.#connection.row<ChangeColumns>(unsigned, ...values);
    return row === undefined ? null : this.ofRow(row);
  }

  #onPage(number: number): ChangeRecord | null {
    const change = this.#pages.find(number);
    return change === null ? null : (this.ofPages([change])[0] ?? null);
  }

  /** Of changes that stand on pages. */
  ofPages(changes: readonly PlacedChange[]): readonly ChangeRecord[] {
    return changes.map((change) =>
      this.ofRow({
        number: change.number,
        id: change.id,
        device_id: change.deviceId,
        log_id: change.logId,
        wall_ms: change.wallMs,
        counter: change.counter,
        received_ms: change.receivedMs,
        is_skewed: change.isSkewed ? 1 : 0,
        stream_id: change.place.streamId,
        seq: change.place.seq,
        position: change.place.index,
        bytes: null,
        ...this.#notesOn(change.number),
      }),
    );
  }

  #notesOn(number: number): Pick<ChangeColumns, "reason" | "is_parked"> {
    const row = this.#connection.row<Pick<ChangeColumns, "reason" | "is_parked">>(
      selectNotes,
      number,
      number,
    );
    return row ?? { reason: null, is_parked: 0 };
  }

  /** Of a row, with what is noted on it. */
  ofRow(row: ChangeColumns): ChangeRecord {
    const parked = row.is_parked === 1 ? this.#parkedRow(row.number) : undefined;
    return {
      number: row.number,
      id: row.id,
      device: this.#devices.nameOf(row.device_id),
      log: this.#logs.nameOf(row.log_id),
      time: { wallMs: row.wall_ms, counter: row.counter },
      receivedAtMs: row.received_ms,
      isSkewed: row.is_skewed === 1,
      place:
        row.stream_id === null
          ? null
          : { stream: this.#streams.nameOf(row.stream_id), seq: row.seq, index: row.position },
      setAside: row.reason,
      bytes: row.bytes === null ? null : plainBytes(row.bytes),
      parked: parked === undefined ? null : { code: parked.code, message: parked.message, hint: parked.hint },
    };
  }

  #parkedRow(number: number): Problem | undefined {
    return this.#connection.row("select code, message, hint from parked_change where number = ?", number);
  }
}
