import type { StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import type { BlockStore, StoredBlock, Tip } from "@darksync/runtime/store/block-store";
import { EvictedError, unlessEvicted } from "@darksync/runtime/store/evicted-error";
import type { SealedBlocks } from "@darksync/runtime/store/sealed-blocks";
import type { Connection } from "./connection.js";
import { blobOfHex, hexOfBlob, plainBytes } from "./hex-blob.js";
import type { NameTable } from "./name-table.js";
import { blocksPerStream } from "./schema.js";
import type { SegmentTable } from "./segment-table.js";
import { danglingError } from "./store-errors.js";
import type { StreamTable } from "./stream-table.js";

interface BlockRow {
  readonly key: number;
  readonly hash: Uint8Array;
  readonly change_count: number;
  /** The number of the segment that holds its bytes, if it has none of its own. */
  readonly segment: number | null;
  readonly bytes: Uint8Array | null;
}

interface TipRow {
  readonly name: string;
  readonly tip_seq: number;
  readonly tip_hash: Uint8Array;
}

// How many rows are read before the segments that hold their bytes are.
const rowsAtOnce = 256;

/** The rows of the logs, in SQLite. */
export class BlockTable implements BlockStore {
  readonly #connection: Connection;
  readonly #logs: NameTable;
  readonly #streams: StreamTable;
  readonly #segments: SegmentTable;
  readonly #sealed: SealedBlocks;

  constructor(
    connection: Connection,
    logs: NameTable,
    streams: StreamTable,
    segments: SegmentTable,
    sealed: SealedBlocks,
  ) {
    this.#connection = connection;
    this.#logs = logs;
    this.#streams = streams;
    this.#segments = segments;
    this.#sealed = sealed;
  }

  logs(): readonly LogName[] {
    return this.#connection
      .rows<{ name: string }>(
        "select name from log where exists (select 1 from stream where log_id = log.id and tip_seq > 0)",
      )
      .map((row) => row.name)
      .sort();
  }

  tips(log: LogName): ReadonlyMap<StreamName, Tip> {
    const rows = this.#connection.rows<TipRow>(
      "select name, tip_seq, tip_hash from stream where log_id = ? and tip_seq > 0",
      this.#logs.find(log),
    );
    return new Map(rows.map((row) => [row.name, tipOf(row)]));
  }

  tip(log: LogName, stream: StreamName): Tip | null {
    const row = this.#connection.row<TipRow>(
      "select name, tip_seq, tip_hash from stream where id = ? and tip_seq > 0",
      this.#streams.find(log, stream),
    );
    return row === undefined ? null : tipOf(row);
  }

  hashAt(log: LogName, stream: StreamName, seq: number): string | null {
    const id = this.#streams.find(log, stream);
    return id === null ? null : this.#hashOf(id, seq);
  }

  append(log: LogName, stream: StreamName, block: StoredBlock): void {
    this.#insert(log, stream, block, null, block.bytes);
  }

  seal(log: LogName, stream: StreamName, block: Omit<StoredBlock, "bytes">, segment: number): void {
    const held = this.#connection.run(
      "update block set segment = ?, bytes = null where key = ?",
      segment,
      keyOf(this.#streams.idOf(log, stream), block.seq),
    );
    if (held === 0) this.#insert(log, stream, block, segment, null);
  }

  unseal(log: LogName, stream: StreamName, seq: number, bytes: Uint8Array): void {
    const held = this.#connection.run(
      "update block set segment = null, bytes = ? where key = ?",
      bytes,
      keyOf(this.#streams.idOf(log, stream), seq),
    );
    if (held === 0) throw new Error(`block ${seq} of ${stream} in ${log} is not held`);
  }

  segmentOf(log: LogName, stream: StreamName, seq: number): number | null {
    const id = this.#streams.find(log, stream);
    if (id === null) return null;
    const row = this.#connection.row<{ segment: number | null }>(
      "select segment from block where key = ?",
      keyOf(id, seq),
    );
    return row?.segment ?? null;
  }

  read(log: LogName, stream: StreamName, firstSeq: number, maxBytes: number): readonly StoredBlock[] {
    const id = this.#streams.find(log, stream);
    if (id === null) return [];
    const blocks: StoredBlock[] = [];
    let room = maxBytes;
    for (let seq = Math.max(firstSeq, 0); ; ) {
      const rows = this.#readRows(id, seq, room);
      for (const row of rows) {
        const block = unlessEvicted(blocks.length === 0, () => this.#blockOf(log, stream, id, row));
        if (block === null) return blocks;
        room -= block.bytes.length;
        if (room < 0 && blocks.length > 0) return blocks;
        blocks.push(block);
      }
      const last = rows.at(-1);
      if (last === undefined) return blocks;
      seq = last.key - keyOf(id, 0) + 1;
    }
  }

  countChanges(log: LogName, stream: StreamName, after: number, last: number): number {
    const id = this.#streams.find(log, stream);
    if (id === null || last <= after) return 0;
    const row = this.#connection.row<{ count: number }>(
      "select coalesce(sum(change_count), 0) as count from block where key > ? and key <= ?",
      keyOf(id, after),
      keyOf(id, last),
    );
    return row?.count ?? 0;
  }

  truncate(log: LogName, stream: StreamName, seq: number): void {
    const id = this.#streams.find(log, stream);
    if (id === null) return;
    this.#connection.run("delete from block where key > ? and key < ?", keyOf(id, seq), keyOf(id + 1, 0));
    const hash = this.#hashOf(id, seq);
    this.#connection.run(
      "update stream set tip_seq = ?, tip_hash = ? where id = ? and tip_seq > ?",
      hash === null ? 0 : seq,
      hash === null ? null : blobOfHex(hash),
      id,
      seq,
    );
  }

  closedAt(log: LogName, stream: StreamName): number | null {
    const row = this.#connection.row<{ closed_at: number | null }>(
      "select closed_at from stream where id = ?",
      this.#streams.find(log, stream),
    );
    return row?.closed_at ?? null;
  }

  close(log: LogName, stream: StreamName, seq: number): void {
    this.#connection.run(
      "update stream set closed_at = ? where id = ?",
      seq,
      this.#streams.idOf(log, stream),
    );
  }

  #insert(
    log: LogName,
    stream: StreamName,
    { seq, hash, changeCount }: Omit<StoredBlock, "bytes">,
    segment: number | null,
    bytes: Uint8Array | null,
  ): void {
    const id = this.#streams.idOf(log, stream);
    const blob = blobOfHex(hash);
    const isNext = this.#connection.run(
      "update stream set tip_seq = ?, tip_hash = ? where id = ? and tip_seq = ? - 1",
      seq,
      blob,
      id,
      seq,
    );
    if (isNext === 0) throw new Error(`block ${seq} of ${stream} in ${log} is not the next one`);
    this.#connection.run(
      "insert into block values (?, ?, ?, ?, ?)",
      keyOf(id, seq),
      blob,
      changeCount,
      segment,
      bytes,
    );
  }

  // All rows before any segment is read: nothing else may use the connection while rows come one by one.
  #readRows(id: number, firstSeq: number, maxBytes: number): readonly BlockRow[] {
    const rows: BlockRow[] = [];
    let room = maxBytes;
    for (const row of this.#connection.each<BlockRow>(
      "select key, hash, change_count, segment, bytes from block where key >= ? and key < ? order by key",
      keyOf(id, firstSeq),
      keyOf(id + 1, 0),
    )) {
      rows.push(row);
      room -= row.bytes?.length ?? 0;
      if (room < 0 || rows.length === rowsAtOnce) break;
    }
    return rows;
  }

  #blockOf(log: LogName, stream: StreamName, id: number, row: BlockRow): StoredBlock {
    const seq = row.key - keyOf(id, 0);
    const bytes =
      row.segment === null || row.bytes !== null
        ? plainBytes(row.bytes ?? new Uint8Array(0))
        : this.#sealedBytes(log, stream, id, seq, row.segment);
    return { seq, hash: hexOfBlob(row.hash), changeCount: row.change_count, bytes };
  }

  #sealedBytes(log: LogName, stream: StreamName, id: number, seq: number, number: number): Uint8Array {
    const segment = this.#segments.get(log, number);
    if (segment === null) throw danglingError("segment", number);
    // What is open still might be read: but what was evicted is gone, for everybody at once.
    if (segment.heldBytes < segment.byteCount) throw new EvictedError([segment.hash]);
    return this.#sealed.bytesOf(
      { segment: segment.hash, stream, seq, prev: this.#hashOf(id, seq - 1) },
      () => this.#segments.bytes(log, number) ?? new Uint8Array(0),
    );
  }

  #hashOf(id: number, seq: number): string | null {
    const row = this.#connection.row<{ hash: Uint8Array }>(
      "select hash from block where key = ?",
      keyOf(id, seq),
    );
    return row === undefined ? null : hexOfBlob(row.hash);
  }
}

function keyOf(streamId: number, seq: number): number {
  return streamId * blocksPerStream + seq;
}

function tipOf(row: TipRow): Tip {
  return { seq: row.tip_seq, hash: hexOfBlob(row.tip_hash) };
}
