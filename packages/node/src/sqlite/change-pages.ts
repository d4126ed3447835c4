import {
  decode,
  encodeFor,
  type Reader,
  readByte,
  readBytes,
  readLengthAndBytes,
  readVarUint,
  type Writer,
  writeByte,
  writeLengthAndBytes,
  writeVarUint,
} from "@darksync/core/codec";
import type { ChangeId } from "@darksync/core/op-id";
import type { Connection } from "./connection.js";
import { HashRuns } from "./hash-runs.js";
import { hexOfBlob, writeHex } from "./hex-blob.js";

/** A change that lies in a block, as it is stored. */
export interface PlacedChange {
  readonly number: number;
  /** Hex. */
  readonly id: ChangeId;
  readonly deviceId: number;
  readonly logId: number;
  readonly wallMs: number;
  readonly counter: number;
  readonly receivedMs: number;
  readonly isSkewed: boolean;
  readonly place: { readonly streamId: number; readonly seq: number; readonly index: number };
  /** What its ops assign. */
  readonly assignments: Uint8Array | null;
}

interface PageRow {
  readonly first: number;
  readonly log_id: number;
  readonly device_id: number;
  readonly stream_id: number;
  readonly received_ms: number;
  readonly latest_ms: number;
  readonly bytes: Uint8Array;
}

const columns = "first, log_id, device_id, stream_id, received_ms, latest_ms, bytes";
const idBytes = 32;
// With its other columns it fits in one page of the database.
const pageBytes = 3900;
const maxAssignmentsBytes = 2 ** 31;

/**
 * Changes of one stream that came together and never changed since, many in a row: a row of its own for each, and an
 * entry in an index, would take a clone longer than all else. Whatever is to be changed is taken out first.
 */
export class ChangePages {
  /** The numbers of the changes, by id; those too that were taken out and are still held. */
  readonly ids: HashRuns;
  readonly #connection: Connection;
  readonly #damaged: (reason: string) => Error;
  /** The page that was read last: who asks for one change goes on with the next. */
  #last: readonly PlacedChange[] = [];

  constructor(connection: Connection, damaged: (reason: string) => Error) {
    this.#connection = connection;
    this.#damaged = damaged;
    this.ids = new HashRuns(connection, "paged_change_id");
    connection.forgetAtEnd(() => this.#forget());
  }

  /** Adds changes of one stream with consecutive numbers, which came at one time. */
  add(changes: readonly PlacedChange[]): void {
    let page: PlacedChange[] = [];
    let size = 0;
    for (const change of changes) {
      const bytes = idBytes + 40 + (change.assignments?.length ?? 0);
      if (size + bytes > pageBytes && page.length > 0) {
        this.#insert(page);
        [page, size] = [[], 0];
      }
      page.push(change);
      size += bytes;
      this.ids.add(change.id, change.number);
    }
    this.#insert(page);
  }

  /** The change of a number, or null if none on a page has it. */
  find(number: number): PlacedChange | null {
    return this.#pageOf(number).find((change) => change.number === number) ?? null;
  }

  /** Takes out the page on which a change lies; null if it lies on none. Its id is still known. */
  take(number: number): readonly PlacedChange[] | null {
    const page = this.#pageOf(number);
    const [first] = page;
    if (first === undefined || !page.some((change) => change.number === number)) return null;
    this.#connection.run("delete from change_page where first = ?", first.number);
    this.#forget();
    return page;
  }

  /** Changes after a number, in order, up to `limit`. */
  after(number: number, limit: number): readonly PlacedChange[] {
    const found = this.#pageOf(number).filter((change) => change.number > number);
    for (let from = number; found.length < limit; ) {
      const row = this.#row("where first > ? order by first limit 1", from);
      if (row === undefined) break;
      found.push(...this.#read(row));
      from = row.first;
    }
    return found.slice(0, limit);
  }

  /** Changes before a number, the latest first, up to `limit`. */
  before(number: number, limit: number): readonly PlacedChange[] {
    const found: PlacedChange[] = [];
    for (let until = number; found.length < limit; ) {
      const row = this.#row("where first < ? order by first desc limit 1", until);
      if (row === undefined) break;
      const page = this.#read(row).filter((change) => change.number < number);
      found.push(...[...page].reverse());
      until = row.first;
    }
    return found.slice(0, limit);
  }

  /** Of the changes with numbers up to `last`, those that may be among the `count` latest in time. */
  latestInTime(last: number, count: number): readonly PlacedChange[] {
    const found: PlacedChange[] = [];
    let leastMs = Number.NEGATIVE_INFINITY;
    for (const row of this.#connection.each<PageRow>(
      `select ${columns} from change_page where first <= ? order by latest_ms desc`,
      last,
    )) {
      if (row.latest_ms < leastMs) break;
      found.push(...this.#read(row).filter((change) => change.number <= last));
      if (found.length >= count && leastMs === Number.NEGATIVE_INFINITY)
        leastMs = found.map(timeMsOf).sort((left, right) => right - left)[count - 1] ?? leastMs;
    }
    return found;
  }

  /** Changes in a stream's blocks after `seq`, in order of number. */
  inStream(streamId: number | null, seq: number): readonly PlacedChange[] {
    return this.#connection
      .rows<PageRow>(
        `select ${columns} from change_page where stream_id = ? and last_seq > ? order by first`,
        streamId,
        seq,
      )
      .flatMap((row) => this.#read(row))
      .filter((change) => change.place.seq > seq);
  }

  /** How many of a log's changes with numbers from `first` to `last` a device made. */
  countOf(logId: number | null, deviceId: number | null, first: number, last: number): number {
    const row = this.#connection.row<{ count: number }>(
      `select coalesce(sum(min(first + change_count, ?) - max(first, ?)), 0) as count from change_page
      where log_id = ? and device_id = ? and first <= ? and first + change_count > ?`,
      last + 1,
      first,
      logId,
      deviceId,
      last,
      first,
    );
    return row?.count ?? 0;
  }

  count(): number {
    return (
      this.#connection.row<{ count: number }>(
        "select coalesce(sum(change_count), 0) as count from change_page",
      )?.count ?? 0
    );
  }

  /** The page that holds a number, if one does, or that comes before it. */
  #pageOf(number: number): readonly PlacedChange[] {
    const [first] = this.#last;
    if (first !== undefined && first.number <= number && number < first.number + this.#last.length)
      return this.#last;
    const row = this.#row("where first <= ? order by first desc limit 1", number);
    this.#last = row === undefined ? [] : this.#read(row);
    return this.#last;
  }

  #row(condition: string, number: number): PageRow | undefined {
    return this.#connection.row<PageRow>(`select ${columns} from change_page ${condition}`, number);
  }

  #insert(page: readonly PlacedChange[]): void {
    const [first] = page;
    if (first === undefined) return;
    this.#forget();
    encodeFor(
      (writer) => {
        for (const change of page) writeChange(writer, change);
      },
      (bytes) =>
        this.#connection.run(
          "insert into change_page values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
          first.number,
          page.length,
          first.logId,
          first.deviceId,
          first.place.streamId,
          first.receivedMs,
          page.reduce((last, { place }) => Math.max(last, place.seq), 0),
          page.reduce((latest, change) => Math.max(latest, timeMsOf(change)), 0),
          bytes,
        ),
    );
  }

  #read(row: PageRow): readonly PlacedChange[] {
    const bytes = new Uint8Array(row.bytes.buffer, row.bytes.byteOffset, row.bytes.byteLength);
    const changes = decode(bytes, (reader) => {
      const read: PlacedChange[] = [];
      while (reader.pos < bytes.length) read.push(readChange(reader, row, row.first + read.length));
      return read;
    });
    if (changes === null) throw this.#damaged(`the changes from number ${row.first} on cannot be read`);
    return changes;
  }

  #forget(): void {
    this.#last = [];
  }
}

function writeChange(
  writer: Writer,
  { id, wallMs, counter, isSkewed, place, assignments }: PlacedChange,
): void {
  writeHex(writer, id);
  writeVarUint(writer, wallMs);
  writeVarUint(writer, counter);
  writeVarUint(writer, place.seq);
  writeVarUint(writer, place.index);
  writeByte(writer, (isSkewed ? skewedFlag : 0) + (assignments === null ? 0 : assigningFlag));
  if (assignments !== null) writeLengthAndBytes(writer, assignments);
}

/** A time that is doubtful counts as that of the arrival (R95). */
function timeMsOf({ isSkewed, receivedMs, wallMs }: PlacedChange): number {
  return isSkewed ? receivedMs : wallMs;
}

const skewedFlag = 1;
const assigningFlag = 2;

function readChange(reader: Reader, row: PageRow, number: number): PlacedChange {
  const id = hexOfBlob(readBytes(reader, idBytes));
  const wallMs = readVarUint(reader);
  const counter = readVarUint(reader);
  const seq = readVarUint(reader);
  const index = readVarUint(reader);
  const flags = readByte(reader);
  return {
    number,
    id,
    deviceId: row.device_id,
    logId: row.log_id,
    wallMs,
    counter,
    receivedMs: row.received_ms,
    isSkewed: (flags & skewedFlag) !== 0,
    place: { streamId: row.stream_id, seq, index },
    assignments: (flags & assigningFlag) === 0 ? null : readLengthAndBytes(reader, maxAssignmentsBytes),
  };
}
