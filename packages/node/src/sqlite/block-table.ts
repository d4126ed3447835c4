import type { StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import type { BlockStore, StoredBlock, Tip } from "@darksync/runtime/store/block-store";
import type { Connection } from "./connection.js";
import { blobOfHex, hexOfBlob, plainBytes } from "./hex-blob.js";
import type { NameTable } from "./name-table.js";
import { blocksPerStream } from "./schema.js";
import type { StreamTable } from "./stream-table.js";

interface BlockRow {
  readonly key: number;
  readonly hash: Uint8Array;
  readonly change_count: number;
  readonly bytes: Uint8Array;
}

interface TipRow {
  readonly name: string;
  readonly tip_seq: number;
  readonly tip_hash: Uint8Array;
}

/** The rows of the logs, in SQLite. */
export class BlockTable implements BlockStore {
  readonly #connection: Connection;
  readonly #logs: NameTable;
  readonly #streams: StreamTable;

  constructor(connection: Connection, logs: NameTable, streams: StreamTable) {
    this.#connection = connection;
    this.#logs = logs;
    this.#streams = streams;
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
    const id = this.#streams.idOf(log, stream);
    const hash = blobOfHex(block.hash);
    const isNext = this.#connection.run(
      "update stream set tip_seq = ?, tip_hash = ? where id = ? and tip_seq = ? - 1",
      block.seq,
      hash,
      id,
      block.seq,
    );
    if (isNext === 0) throw new Error(`block ${block.seq} of ${stream} in ${log} is not the next one`);
    this.#connection.run(
      "insert into block(key, hash, change_count, bytes) values (?, ?, ?, ?)",
      keyOf(id, block.seq),
      hash,
      block.changeCount,
      block.bytes,
    );
  }

  read(log: LogName, stream: StreamName, firstSeq: number, maxBytes: number): readonly StoredBlock[] {
    const id = this.#streams.find(log, stream);
    if (id === null) return [];
    const blocks: StoredBlock[] = [];
    let room = maxBytes;
    const rows = this.#connection.each<BlockRow>(
      "select key, hash, change_count, bytes from block where key >= ? and key < ? order by key",
      keyOf(id, Math.max(firstSeq, 0)),
      keyOf(id + 1, 0),
    );
    for (const row of rows) {
      room -= row.bytes.length;
      if (room < 0 && blocks.length > 0) break;
      blocks.push({
        seq: row.key - keyOf(id, 0),
        hash: hexOfBlob(row.hash),
        changeCount: row.change_count,
        bytes: plainBytes(row.bytes),
      });
    }
    return blocks;
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
