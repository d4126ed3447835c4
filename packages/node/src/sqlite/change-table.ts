import type { Timestamp } from "@darksync/core/hlc";
import type { ChangeId } from "@darksync/core/op-id";
import type { Problem } from "@darksync/core/result";
import type { StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import {
  type Arrival,
  type ChangeOrigin,
  type ChangePlace,
  type ChangeRecord,
  type ChangeStore,
  laterFirst,
  type NewChange,
  type WaitingChange,
} from "@darksync/runtime/store/change-store";
import {
  type ArrivalColumns,
  type ChangeColumns,
  isWaiting,
  type OriginColumns,
  selectOrigin,
  selectPlaced,
  selectUnsigned,
} from "./change-columns.js";
import type { ChangeNumbers } from "./change-numbers.js";
import type { ChangePages } from "./change-pages.js";
import { ChangeRecords } from "./change-records.js";
import type { ChangeRows } from "./change-rows.js";
import type { Connection } from "./connection.js";
import { plainBytes } from "./hex-blob.js";
import { LatestChangeReader } from "./latest-change.js";
import type { NameTable } from "./name-table.js";
import type { StreamTable } from "./stream-table.js";

/** What has to be known of a change that is changed. */
interface OwnChange {
  readonly number: number;
  readonly log: LogName;
  readonly isUnsigned: boolean;
}

function byNumber(left: ChangeRecord, right: ChangeRecord): number {
  return left.number - right.number;
}

function byPlace({ place: left }: ChangeRecord, { place: right }: ChangeRecord): number {
  return (left?.seq ?? 0) - (right?.seq ?? 0) || (left?.index ?? 0) - (right?.index ?? 0);
}

/** The changes that a replica holds, in SQLite. */
export class ChangeTable implements ChangeStore {
  readonly #connection: Connection;
  readonly #numbers: ChangeNumbers;
  readonly #rows: ChangeRows;
  readonly #pages: ChangePages;
  readonly #logs: NameTable;
  readonly #devices: NameTable;
  readonly #streams: StreamTable;
  readonly #records: ChangeRecords;
  readonly #latest: LatestChangeReader;

  constructor(
    connection: Connection,
    numbers: ChangeNumbers,
    rows: ChangeRows,
    pages: ChangePages,
    logs: NameTable,
    devices: NameTable,
    streams: StreamTable,
  ) {
    this.#connection = connection;
    this.#numbers = numbers;
    this.#rows = rows;
    this.#pages = pages;
    this.#logs = logs;
    this.#devices = devices;
    this.#streams = streams;
    this.#records = new ChangeRecords(connection, rows, pages, logs, devices, streams);
    this.#latest = new LatestChangeReader(connection, rows, pages);
  }

  has(id: ChangeId): boolean {
    return this.#numbers.find(id) !== null;
  }

  get(id: ChangeId): ChangeRecord | null {
    return this.#records.byId(id);
  }

  byNumber(number: number): ChangeRecord | null {
    return this.#records.byNumber(number);
  }

  withPrefix(idPrefix: string, limit: number): readonly ChangeRecord[] {
    return this.#records.withPrefix(idPrefix, limit);
  }

  add(change: NewChange): number {
    const { id, log, place, time } = change;
    if ((place === null) !== (change.bytes !== null)) {
      throw new Error(`change ${id} must have either a place or bytes`);
    }
    // A new change of this device is looked for among those that wait, and is told from those in blocks by its nonce:
    // a look-up among all would be the one cold page of a save that gives nothing.
    const isThere =
      place === null ? this.#numbers.isKnown(id) || this.#numbers.isWaiting(id) : this.#numbers.isHeld(id);
    if (isThere) throw new Error(`change ${id} is there already`);
    const deviceId = this.#devices.idOf(change.device);
    const number = this.#latest.nextNumber();
    this.#rows.add({
      number,
      id,
      deviceId,
      logId: this.#logs.idOf(log),
      wallMs: time.wallMs,
      counter: time.counter,
      receivedMs: change.receivedAtMs,
      isSkewed: change.isSkewed,
      place:
        place === null
          ? null
          : { streamId: this.#streams.idOf(log, place.stream), seq: place.seq, index: place.index },
      bytes: change.bytes,
    });
    this.#latest.note({ number, device_id: deviceId, wall_ms: time.wallMs, counter: time.counter });
    this.#numbers.remember(id, number);
    if (change.setAside !== null) this.setSetAside(id, change.setAside);
    return number;
  }

  latest(limit: number, before?: number): readonly ChangeRecord[] {
    const end = before ?? Number.MAX_SAFE_INTEGER;
    const records = this.#records.list("where number < ? order by number desc limit ?", end, limit);
    return [...records, ...this.#records.ofPages(this.#pages.before(end, limit))]
      .sort((left, right) => right.number - left.number)
      .slice(0, limit);
  }

  latestInTime(last: number, limit: number, skip: number): readonly ChangeRecord[] {
    const records = this.#records.list(
      `where number <= ? order by case is_skewed when 1 then received_ms else wall_ms end desc, counter desc, number desc
       limit ?`,
      last,
      skip + limit,
    );
    const onPages = this.#pages.latestInTime(last, skip + limit);
    return [...records, ...this.#records.ofPages(onPages)].sort(laterFirst).slice(skip, skip + limit);
  }

  lastOwnTime(device: string): Timestamp | null {
    const latest = this.#latest.read();
    if (latest === null || latest.device_id !== this.#devices.find(device)) return null;
    return { wallMs: latest.wall_ms, counter: latest.counter };
  }

  origin(id: ChangeId): ChangeOrigin | null {
    this.#rows.write();
    const row = this.#originOf(this.#numbers.hint(id)) ?? this.#originOf(this.#numbers.find(id));
    if (row === undefined) return null;
    return {
      device: this.#devices.nameOf(row.device_id),
      log: this.#logs.nameOf(row.log_id),
      place: row.stream_id === null ? null : { stream: this.#streams.nameOf(row.stream_id), seq: row.seq },
    };
  }

  unsigned(log: LogName, first: number, last: number, limit: number): readonly ChangeRecord[] {
    this.#rows.write();
    return this.#connection
      .rows<ChangeColumns>(
        `${selectUnsigned} where number between ? and ? and log_id = ? and ${isWaiting} order by number limit ?`,
        first,
        last,
        this.#logs.find(log),
        limit,
      )
      .map((row) => this.#records.ofRow(row));
  }

  waiting(after: number, limit: number = Number.MAX_SAFE_INTEGER): readonly WaitingChange[] {
    this.#rows.write();
    return this.#connection
      .rows<{ number: number; log_id: number; bytes: Uint8Array }>(
        "select number, log_id, bytes from unsigned_change where number > ? order by number limit ?",
        after,
        limit,
      )
      .map(({ number, log_id, bytes }) => ({
        number,
        log: this.#logs.nameOf(log_id),
        bytes: plainBytes(bytes),
      }));
  }

  countUnsigned(log: LogName): number {
    this.#rows.write();
    const row = this.#connection.row<{ count: number }>(
      `select count(*) as count from unsigned_change where log_id = ? and ${isWaiting}`,
      this.#logs.find(log),
    );
    return row?.count ?? 0;
  }

  countOwn(log: LogName, device: string, first: number, last: number): number {
    this.#rows.write();
    const [logId, deviceId] = [this.#logs.find(log), this.#devices.find(device)];
    const row = this.#connection.row<{ count: number }>(
      `select sum(count) as count from (
        select count(*) as count from placed_change where number between ? and ? and log_id = ? and device_id = ?
        union all
        select count(*) from unsigned_change where number between ? and ? and log_id = ? and device_id = ?
      )`,
      ...[first, last, logId, deviceId],
      ...[first, last, logId, deviceId],
    );
    return (row?.count ?? 0) + this.#pages.countOf(logId, deviceId, first, last);
  }

  logsWithUnsigned(): readonly LogName[] {
    this.#rows.write();
    return this.#connection
      .rows<{ log_id: number }>(`select distinct log_id from unsigned_change where ${isWaiting}`)
      .map((row) => this.#logs.nameOf(row.log_id))
      .sort();
  }

  place(id: ChangeId, { stream, seq, index }: ChangePlace): void {
    const { number, log, isUnsigned } = this.#ownRow(id);
    const streamId = this.#streams.idOf(log, stream);
    if (!isUnsigned) {
      this.#connection.run(
        "update placed_change set stream_id = ?, seq = ?, position = ? where number = ?",
        streamId,
        seq,
        index,
        number,
      );
      return;
    }
    this.#connection.run(
      `insert into placed_change
        select number, id_key, id, device_id, log_id, wall_ms, counter, received_ms, is_skewed, assignments, ?, ?, ?
        from unsigned_change where number = ?`,
      streamId,
      seq,
      index,
      number,
    );
    this.#connection.run("delete from unsigned_change where number = ?", number);
  }

  unplace(id: ChangeId, bytes: Uint8Array): void {
    const { number, isUnsigned } = this.#ownRow(id);
    if (isUnsigned) {
      this.#connection.run("update unsigned_change set bytes = ? where number = ?", bytes, number);
      return;
    }
    this.#connection.run(
      `insert into unsigned_change
        select number, id_key, id, device_id, log_id, wall_ms, counter, received_ms, is_skewed, assignments, ?
        from placed_change where number = ?`,
      bytes,
      number,
    );
    this.#connection.run("delete from placed_change where number = ?", number);
  }

  placedAfter(stream: StreamName, log: LogName, seq: number): readonly ChangeRecord[] {
    // A look at every change: this is asked after a refusal, and an index would cost every save.
    this.#rows.write();
    const streamId = this.#streams.find(log, stream);
    const records = this.#connection
      .rows<ChangeColumns>(`${selectPlaced} where stream_id = ? and seq > ?`, streamId, seq)
      .map((row) => this.#records.ofRow(row));
    return [...records, ...this.#records.ofPages(this.#pages.inStream(streamId, seq))].sort(byPlace);
  }

  placedPage(
    stream: StreamName,
    log: LogName,
    seq: number,
    after: number,
    limit: number,
  ): readonly ChangeRecord[] {
    this.#rows.write();
    return this.#connection
      .rows<ChangeColumns>(
        `${selectPlaced} where number > ? and stream_id = ? and seq > ? order by number limit ?`,
        after,
        this.#streams.find(log, stream),
        seq,
        limit,
      )
      .map((row) => this.#records.ofRow(row));
  }

  arrivals(number: number): readonly Arrival[] {
    this.#rows.write();
    const arrivals = new Map<string, ArrivalColumns>();
    const note = (next: ArrivalColumns) => {
      const key = `${next.stream_id} ${next.seq}`;
      if ((arrivals.get(key)?.number ?? 0) < next.number) arrivals.set(key, next);
    };
    this.#connection
      .rows<ArrivalColumns>(
        `select log_id, stream_id, seq, max(number) as number from placed_change where number > ?
        group by stream_id, seq`,
        number,
      )
      .forEach(note);
    for (const change of this.#pages.after(number, Number.MAX_SAFE_INTEGER)) {
      const { streamId, seq } = change.place;
      note({ log_id: change.logId, stream_id: streamId, seq, number: change.number });
    }
    return [...arrivals.values()]
      .sort((left, right) => left.number - right.number)
      .map((row) => ({
        log: this.#logs.nameOf(row.log_id),
        stream: this.#streams.nameOf(row.stream_id),
        seq: row.seq,
        number: row.number,
      }));
  }

  setParked(id: ChangeId, problem: Problem | null): void {
    const { number } = this.#own(id);
    if (problem === null) this.#connection.run("delete from parked_change where number = ?", number);
    else {
      this.#connection.run(
        "insert or replace into parked_change values (?, ?, ?, ?)",
        number,
        problem.code,
        problem.message,
        problem.hint,
      );
    }
  }

  parked(): readonly ChangeRecord[] {
    return this.#records.byNumbers("select number from parked_change order by number");
  }

  setSetAside(id: ChangeId, reason: string | null): void {
    const { number } = this.#own(id);
    if (reason === null) this.#connection.run("delete from set_aside_change where number = ?", number);
    else this.#connection.run("insert or replace into set_aside_change values (?, ?)", number, reason);
  }

  setAside(): readonly ChangeRecord[] {
    return this.#records.byNumbers("select number from set_aside_change order by number");
  }

  remove(id: ChangeId): void {
    const { number } = this.#ownRow(id);
    // The number is never given again: queue items and op numbers hold it.
    this.#connection.run(
      `insert into retired_number values (1, ?)
      on conflict do update set number = max(number, excluded.number)`,
      number,
    );
    for (const table of ["parked_change", "set_aside_change", "placed_change", "unsigned_change"])
      this.#connection.run(`delete from ${table} where number = ?`, number);
    this.#pages.ids.remove(id);
    this.#numbers.forget(id);
    this.#latest.forget();
  }

  after(after: number, limit: number): readonly ChangeRecord[] {
    const records = this.#records.list("where number > ? order by number limit ?", after, limit);
    return [...records, ...this.#records.ofPages(this.#pages.after(after, limit))]
      .sort(byNumber)
      .slice(0, limit);
  }

  count(): number {
    this.#rows.write();
    const row = this.#connection.row<{ count: number }>(
      "select (select count(*) from placed_change) + (select count(*) from unsigned_change) as count",
    );
    return (row?.count ?? 0) + this.#pages.count();
  }

  /** A change that is to be changed itself: only rows can be. */
  #ownRow(id: ChangeId): OwnChange {
    const own = this.#own(id);
    this.#rows.takeFromPage(own.number);
    return own;
  }

  #own(id: ChangeId): OwnChange {
    this.#rows.write();
    const number = this.#numbers.find(id);
    const unsigned = this.#connection.row<{ log_id: number }>(
      "select log_id from unsigned_change where number = ?",
      number,
    );
    const row =
      unsigned ??
      this.#connection.row<{ log_id: number }>("select log_id from placed_change where number = ?", number);
    const logId = row?.log_id ?? (number === null ? null : this.#pages.find(number)?.logId) ?? null;
    if (number === null || logId === null) throw new Error(`no change ${id}`);
    return { number, log: this.#logs.nameOf(logId), isUnsigned: unsigned !== undefined };
  }

  #originOf(number: number | null): OriginColumns | undefined {
    if (number === null) return undefined;
    // In one statement: each takes longer than what it looks for.
    const row = this.#connection.row<OriginColumns>(selectOrigin, number, number);
    if (row !== undefined) return row;
    const change = this.#pages.find(number);
    return change === null
      ? undefined
      : {
          device_id: change.deviceId,
          log_id: change.logId,
          stream_id: change.place.streamId,
          seq: change.place.seq,
        };
  }
}
