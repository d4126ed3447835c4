import type { ContentHash } from "@darksync/core/content-hash";
import { definitionKinds } from "@darksync/core/content-hash";
import type { DefinitionText } from "@darksync/core/definition";
import { type OpId, opId } from "@darksync/core/op-id";
import type { KeptText, TextCursor, TextSizes, TextStore } from "@darksync/runtime/store/text-store";
import type { ChangeNumbers } from "./change-numbers.js";
import type { Connection } from "./connection.js";
import { blobOfHex, keyOfHex } from "./hex-blob.js";
import { packedTail, unpackedTail } from "./packed-text.js";
import { opsPerChange } from "./schema.js";

const held = "tail is not null";

/** The texts of definitions, in SQLite. One that was evicted keeps its row, with neither head nor tail. */
export class TextTable implements TextStore {
  readonly #connection: Connection;
  readonly #numbers: ChangeNumbers;
  #readEvicted: (hash: ContentHash) => DefinitionText | null = () => null;
  #hasEvicted: boolean | null = null;

  constructor(connection: Connection, numbers: ChangeNumbers) {
    this.#connection = connection;
    this.#numbers = numbers;
    // Another process may evict at any time.
    connection.forgetAtEnd(() => {
      this.#hasEvicted = null;
    });
  }

  put(hash: ContentHash, text: DefinitionText, broughtBy: OpId | null): void {
    const key = keyOfHex(hash);
    const blob = blobOfHex(hash);
    // Two statements take less time than one that inserts what it has looked for in the same table.
    const row = this.#connection.row<{ id: number; isHeld: number }>(
      `select id, ${held} as isHeld from text where hash_key = ? and hash = ?`,
      key,
      blob,
    );
    if (row?.isHeld === 1) return;
    if (row !== undefined) {
      this.#connection.run("update text set head = ?, tail = ? where id = ?", text.head, text.tail, row.id);
      return;
    }
    this.#connection.run(
      "insert into text values (null, ?, ?, ?, ?, 0, ?, ?)",
      key,
      blob,
      definitionKinds.indexOf(text.kind),
      broughtBy === null ? null : this.#numbers.opNumber(broughtBy),
      text.head,
      text.tail,
    );
  }

  get(hash: ContentHash): DefinitionText | null {
    const row = this.#connection.row<{ kind: number; head: string; tail: string | Uint8Array | null }>(
      "select kind, head, tail from text where hash_key = ? and hash = ?",
      keyOfHex(hash),
      blobOfHex(hash),
    );
    const kind = definitionKinds[row?.kind ?? -1];
    if (row === undefined || kind === undefined) return null;
    return row.tail === null
      ? this.#readEvicted(hash)
      : { kind, head: row.head, tail: unpackedTail(row.tail) };
  }

  clear(): void {
    this.#connection.run("delete from text");
    this.#hasEvicted = null;
  }

  readEvictedWith(read: (hash: ContentHash) => DefinitionText | null): void {
    this.#readEvicted = read;
  }

  hasEvicted(): boolean {
    this.#hasEvicted ??=
      this.#connection.row("select 1 from text indexed by text_evicted where tail is null limit 1") !==
      undefined;
    return this.#hasEvicted;
  }

  isEvicted(hash: ContentHash): boolean {
    return (
      this.hasEvicted() &&
      this.#connection.row(
        "select 1 from text where hash_key = ? and hash = ? and tail is null",
        keyOfHex(hash),
        blobOfHex(hash),
      ) !== undefined
    );
  }

  broughtBy(hash: ContentHash): OpId | null {
    const row = this.#connection.row<{ op: number | null }>(
      "select op from text where hash_key = ? and hash = ?",
      keyOfHex(hash),
      blobOfHex(hash),
    );
    return row === undefined || row.op === null ? null : this.#opId(row.op);
  }

  evict(hash: ContentHash): boolean {
    const evicted = this.#connection.run(
      `update text set head = null, tail = null where hash_key = ? and hash = ? and ${held} and op is not null`,
      keyOfHex(hash),
      blobOfHex(hash),
    );
    if (evicted > 0) this.#hasEvicted = true;
    return evicted > 0;
  }

  leastUsed(after: TextCursor | null, limit: number): readonly KeptText[] {
    const [day, number] = after ?? [-1, 0];
    const rows = this.#connection.rows<{
      id: number;
      hash: string;
      op: number;
      used_day: number;
      byte_count: number;
    }>(
      `select id, lower(hex(hash)) as hash, op, used_day, octet_length(head) + octet_length(tail) as byte_count
      from text where (used_day, id) > (?, ?) and ${held} and op is not null order by used_day, id limit ?`,
      day,
      number,
      limit,
    );
    return rows.map(({ id, hash, op, used_day, byte_count }) => ({
      hash,
      broughtBy: this.#opId(op),
      byteCount: byte_count,
      cursor: [used_day, id],
    }));
  }

  markUsed(hashes: Iterable<ContentHash>, day: number): void {
    for (const hash of hashes) {
      this.#connection.run(
        "update text set used_day = ? where hash_key = ? and hash = ? and used_day < ?",
        day,
        keyOfHex(hash),
        blobOfHex(hash),
        day,
      );
    }
  }

  sizes(): TextSizes {
    const row = this.#connection.row<{ count: number; bytes: number | null; evicted: number | null }>(
      `select count(tail) as count, sum(octet_length(head) + octet_length(tail)) as bytes,
        sum(tail is null) as evicted from text`,
    );
    return {
      heldCount: row?.count ?? 0,
      heldBytes: row?.bytes ?? 0,
      evictedCount: row?.evicted ?? 0,
    };
  }

  byteCount(hash: ContentHash): number {
    const row = this.#connection.row<{ bytes: number | null }>(
      `select octet_length(head) + octet_length(tail) as bytes from text where hash_key = ? and hash = ?`,
      keyOfHex(hash),
      blobOfHex(hash),
    );
    return row?.bytes ?? 0;
  }

  pack(after: number, limit: number): number | null {
    const rows = this.#connection.rows<{ id: number; tail: string }>(
      "select id, tail from text where id > ? and typeof(tail) = 'text' order by id limit ?",
      after,
      limit,
    );
    for (const { id, tail } of rows) {
      const packed = packedTail(tail);
      if (packed !== null) this.#connection.run("update text set tail = ? where id = ?", packed, id);
    }
    return rows.length < limit ? null : (rows.at(-1)?.id ?? null);
  }

  #opId(op: number): OpId {
    const row = this.#connection.row<{ id: string }>(
      "select lower(hex(id)) as id from change where number = ?",
      Math.floor(op / opsPerChange),
    );
    if (row === undefined) throw new Error(`the change of op ${op}, which brought a text, is not held`);
    return opId(row.id, op % opsPerChange);
  }
}
