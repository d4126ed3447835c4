import type { ChangeId } from "@darksync/core/op-id";
import type { Problem } from "@darksync/core/result";
import type { StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import type { ChangePlace, ChangeRecord, ChangeStore, NewChange } from "@darksync/runtime/store/change-store";
import type { ChangeNumbers } from "./change-numbers.js";
import type { Connection } from "./connection.js";
import { blobOfHex, plainBytes } from "./hex-blob.js";
import type { NameTable } from "./name-table.js";
import { changesPerLog } from "./schema.js";
import type { StreamTable } from "./stream-table.js";

interface ChangeRow {
  readonly number: number;
  readonly id: string;
  readonly device_id: number;
  readonly log_id: number;
  readonly wall_ms: number;
  readonly counter: number;
  readonly received_ms: number;
  readonly is_skewed: number;
  readonly stream_id: number | null;
  readonly seq: number;
  readonly position: number;
  readonly bytes: Uint8Array | null;
  readonly reason: string | null;
  readonly is_parked: number;
}

interface ParkedRow extends Problem {
  readonly bytes: Uint8Array | null;
}

// Look-ups by subselect take a fraction of the time of joins.
const selectChanges = `select number, lower(hex(id)) as id, device_id, log_id, wall_ms, counter, received_ms, is_skewed,
  stream_id, seq, position,
  (select bytes from unsigned_change where key = change.log_id * ${changesPerLog} + change.number) as bytes,
  (select reason from set_aside_change where number = change.number) as reason,
  exists (select 1 from parked_change where number = change.number) as is_parked
  from change`;

/** The changes that a replica holds, in SQLite. */
export class ChangeTable implements ChangeStore {
  readonly #connection: Connection;
  readonly #numbers: ChangeNumbers;
  readonly #logs: NameTable;
  readonly #devices: NameTable;
  readonly #streams: StreamTable;

  constructor(
    connection: Connection,
    numbers: ChangeNumbers,
    logs: NameTable,
    devices: NameTable,
    streams: StreamTable,
  ) {
    this.#connection = connection;
    this.#numbers = numbers;
    this.#logs = logs;
    this.#devices = devices;
    this.#streams = streams;
  }

  has(id: ChangeId): boolean {
    return this.#numbers.find(id) !== null;
  }

  get(id: ChangeId): ChangeRecord | null {
    return this.#list("where id = ?", blobOfHex(id))[0] ?? null;
  }

  byNumber(number: number): ChangeRecord | null {
    return this.#list("where number = ?", number)[0] ?? null;
  }

  withPrefix(idPrefix: string, limit: number): readonly ChangeRecord[] {
    if (!/^[0-9a-f]{0,64}$/.test(idPrefix)) return [];
    return this.#list(
      "where id between ? and ? order by id limit ?",
      blobOfHex(idPrefix.padEnd(64, "0")),
      blobOfHex(idPrefix.padEnd(64, "f")),
      limit,
    );
  }

  add(change: NewChange): number {
    const { id, log, place, time } = change;
    if ((place === null) !== (change.bytes !== null)) {
      throw new Error(`change ${id} must have either a place or bytes`);
    }
    const number = this.#connection.insert(
      `insert into change values (
        1 + max(
          coalesce((select max(number) from change), 0),
          coalesce((select number from retired_number), 0)
        ), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      blobOfHex(id),
      this.#devices.idOf(change.device),
      this.#logs.idOf(log),
      time.wallMs,
      time.counter,
      change.receivedAtMs,
      change.isSkewed ? 1 : 0,
      place === null ? null : this.#streams.idOf(log, place.stream),
      place?.seq ?? null,
      place?.index ?? null,
    );
    this.#numbers.remember(id, number);
    if (change.bytes !== null) this.#keepUnsigned(this.#logs.idOf(log), number, change.bytes);
    if (change.setAside !== null) this.setSetAside(id, change.setAside);
    return number;
  }

  latest(limit: number, before?: number): readonly ChangeRecord[] {
    return this.#list(
      "where number < ? order by number desc limit ?",
      before ?? Number.MAX_SAFE_INTEGER,
      limit,
    );
  }

  unsigned(log: LogName, first: number, last: number, limit: number): readonly ChangeRecord[] {
    const start = (this.#logs.find(log) ?? 0) * changesPerLog;
    return this.#list(
      `where number in (
        select key - ? from unsigned_change where key between ? and ? order by key limit ?
      ) order by number`,
      start,
      start + Math.max(first, 0),
      start + Math.min(last, changesPerLog - 1),
      limit,
    );
  }

  countUnsigned(log: LogName): number {
    const start = (this.#logs.find(log) ?? 0) * changesPerLog;
    const row = this.#connection.row<{ count: number }>(
      "select count(*) as count from unsigned_change where key >= ? and key < ?",
      start,
      start + changesPerLog,
    );
    return row?.count ?? 0;
  }

  logsWithUnsigned(): readonly LogName[] {
    return this.#connection
      .rows<{ name: string }>(
        `select name from log where exists (
          select 1 from unsigned_change where key >= log.id * ${changesPerLog} and key < (log.id + 1) * ${changesPerLog}
        )`,
      )
      .map((row) => row.name)
      .sort();
  }

  place(id: ChangeId, place: ChangePlace): void {
    const { number, logId, log } = this.#own(id);
    this.#connection.run(
      "update change set stream_id = ?, seq = ?, position = ? where number = ?",
      this.#streams.idOf(log, place.stream),
      place.seq,
      place.index,
      number,
    );
    this.#dropUnsigned(logId, number);
    this.#connection.run("update parked_change set bytes = null where number = ?", number);
  }

  unplace(id: ChangeId, bytes: Uint8Array): void {
    const { number, logId } = this.#own(id);
    this.#connection.run(
      "update change set stream_id = null, seq = null, position = null where number = ?",
      number,
    );
    const isParked =
      this.#connection.run("update parked_change set bytes = ? where number = ?", bytes, number) > 0;
    if (!isParked) this.#keepUnsigned(logId, number, bytes);
  }

  placedAfter(stream: StreamName, log: LogName, seq: number): readonly ChangeRecord[] {
    // A look at every change: this is asked after a refusal, and an index would cost every save.
    return this.#list(
      "where stream_id = ? and seq > ? order by seq, position",
      this.#streams.find(log, stream),
      seq,
    );
  }

  setParked(id: ChangeId, problem: Problem | null): void {
    const { number, logId } = this.#own(id);
    const bytes = this.byNumber(number)?.bytes ?? null;
    this.#dropUnsigned(logId, number);
    if (problem === null) {
      this.#connection.run("delete from parked_change where number = ?", number);
      if (bytes !== null) this.#keepUnsigned(logId, number, bytes);
    } else {
      this.#connection.run(
        "insert or replace into parked_change values (?, ?, ?, ?, ?)",
        number,
        problem.code,
        problem.message,
        problem.hint,
        bytes,
      );
    }
  }

  parked(): readonly ChangeRecord[] {
    return this.#list("where number in (select number from parked_change) order by number");
  }

  setSetAside(id: ChangeId, reason: string | null): void {
    const { number } = this.#own(id);
    if (reason === null) this.#connection.run("delete from set_aside_change where number = ?", number);
    else this.#connection.run("insert or replace into set_aside_change values (?, ?)", number, reason);
  }

  setAside(): readonly ChangeRecord[] {
    return this.#list("where number in (select number from set_aside_change) order by number");
  }

  remove(id: ChangeId): void {
    const { number, logId } = this.#own(id);
    // The number is never given again: queue items and op numbers hold it.
    this.#connection.run(
      `insert into retired_number values (1, ?)
      on conflict do update set number = max(number, excluded.number)`,
      number,
    );
    this.#dropUnsigned(logId, number);
    this.#connection.run("delete from parked_change where number = ?", number);
    this.#connection.run("delete from set_aside_change where number = ?", number);
    this.#connection.run("delete from change where number = ?", number);
    this.#numbers.forget(id);
  }

  after(after: number, limit: number): readonly ChangeRecord[] {
    return this.#list("where number > ? order by number limit ?", after, limit);
  }

  count(): number {
    return this.#connection.row<{ count: number }>("select count(*) as count from change")?.count ?? 0;
  }

  #keepUnsigned(logId: number, number: number, bytes: Uint8Array): void {
    this.#connection.run(
      "insert or replace into unsigned_change values (?, ?)",
      logId * changesPerLog + number,
      bytes,
    );
  }

  #dropUnsigned(logId: number, number: number): void {
    this.#connection.run("delete from unsigned_change where key = ?", logId * changesPerLog + number);
  }

  #own(id: ChangeId): { readonly number: number; readonly logId: number; readonly log: LogName } {
    const row = this.#connection.row<{ number: number; log_id: number }>(
      "select number, log_id from change where id = ?",
      blobOfHex(id),
    );
    if (row === undefined) throw new Error(`no change ${id}`);
    return { number: row.number, logId: row.log_id, log: this.#logs.nameOf(row.log_id) };
  }

  #parkedRow(number: number): ParkedRow | undefined {
    return this.#connection.row(
      "select code, message, hint, bytes from parked_change where number = ?",
      number,
    );
  }

  #list(condition: string, ...values: (number | Uint8Array | null)[]): readonly ChangeRecord[] {
    return this.#connection
      .rows<ChangeRow>(`${selectChanges} ${condition}`, ...values)
      .map((row) => this.#recordOf(row));
  }

  #recordOf(row: ChangeRow): ChangeRecord {
    const parked = row.is_parked === 1 ? this.#parkedRow(row.number) : undefined;
    const bytes = row.bytes ?? parked?.bytes ?? null;
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
      bytes: bytes === null ? null : plainBytes(bytes),
      parked: parked === undefined ? null : { code: parked.code, message: parked.message, hint: parked.hint },
    };
  }
}
