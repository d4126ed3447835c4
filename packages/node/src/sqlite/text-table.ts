import type { ContentHash } from "@darksync/core/content-hash";
import { definitionKinds } from "@darksync/core/content-hash";
import type { DefinitionText } from "@darksync/core/definition";
import { type OpId, opId } from "@darksync/core/op-id";
import type {
  KeptText,
  PackCursor,
  TextCursor,
  TextSizes,
  TextStore,
} from "@darksync/runtime/store/text-store";
import type { ChangeNumbers } from "./change-numbers.js";
import type { ChangeRows } from "./change-rows.js";
import type { Connection } from "./connection.js";
import { HashRuns } from "./hash-runs.js";
import { blobOfHex, keyOfHex } from "./hex-blob.js";
import { KeyFilter } from "./key-filter.js";
import { packedTail, unpackedTail } from "./packed-text.js";
import { opsPerChange } from "./schema.js";

interface TextRow {
  readonly kind: number;
  readonly head: string;
  readonly tail: string | Uint8Array;
}

/**
 * The texts of definitions, in SQLite. What is known of those that were evicted stands in a table of its own: rows
 * that shrink where they are would leave the pages as full as before.
 */
export class TextTable implements TextStore {
  readonly #connection: Connection;
  readonly #numbers: ChangeNumbers;
  readonly #rows: ChangeRows;
  /** The keys of all hashes, held or evicted. */
  readonly #filter: KeyFilter;
  /** The ops that brought the texts which are not held. */
  readonly #evicted: HashRuns;
  #readEvicted: (hash: ContentHash) => DefinitionText | null = () => null;
  /** What this transaction holds for sure: every save asks for what it has just put. */
  readonly #held = new Set<ContentHash>();

  constructor(connection: Connection, numbers: ChangeNumbers, rows: ChangeRows) {
    this.#connection = connection;
    this.#numbers = numbers;
    this.#rows = rows;
    this.#filter = new KeyFilter(connection, {
      count: `select coalesce((select max(id) from text), 0)
        + exists (select 1 from evicted_text) * ${Number.MAX_SAFE_INTEGER} as count`,
      keys: "select hash_key as key from text",
    });
    this.#evicted = new HashRuns(connection, "evicted_text");
    connection.writeBeforeCommit(() => this.#evicted.write());
    connection.forgetAtEnd(() => this.#held.clear());
  }

  put(hash: ContentHash, text: DefinitionText, broughtBy: OpId | null): void {
    const key = keyOfHex(hash);
    const blob = blobOfHex(hash);
    // Two statements take less time than one that inserts what it has looked for in the same table.
    const mayBeKnown = this.#filter.mayHold(key);
    if (mayBeKnown && this.#isHeld(key, blob)) return;
    const broughtFirst = mayBeKnown ? this.#evicted.find(hash) : null;
    if (broughtFirst !== null) this.#evicted.remove(hash);
    this.#filter.add(key);
    this.#connection.run(
      "insert into text values (null, ?, ?, ?, ?, 0, ?, ?)",
      key,
      blob,
      definitionKinds.indexOf(text.kind),
      broughtFirst ?? (broughtBy === null ? null : this.#numbers.opNumber(broughtBy)),
      text.head,
      text.tail,
    );
    this.#held.add(hash);
  }

  note(hash: ContentHash, broughtBy: OpId): void {
    const key = keyOfHex(hash);
    const mayBeKnown = this.#filter.mayHold(key);
    if (mayBeKnown && (this.#isHeld(key, blobOfHex(hash)) || this.#evicted.find(hash) !== null)) return;
    this.#filter.add(key);
    this.#evicted.add(hash, this.#numbers.opNumber(broughtBy));
  }

  get(hash: ContentHash): DefinitionText | null {
    const row = this.#connection.row<TextRow>(
      "select kind, head, tail from text where hash_key = ? and hash = ?",
      keyOfHex(hash),
      blobOfHex(hash),
    );
    if (row === undefined) return this.isEvicted(hash) ? this.#readEvicted(hash) : null;
    const kind = definitionKinds[row.kind];
    return kind === undefined ? null : { kind, head: row.head, tail: unpackedTail(row.tail) };
  }

  clear(): void {
    this.#connection.run("delete from text");
    this.#evicted.clear();
    this.#held.clear();
  }

  readEvictedWith(read: (hash: ContentHash) => DefinitionText | null): void {
    this.#readEvicted = read;
  }

  hasEvicted(): boolean {
    return !this.#evicted.isEmpty();
  }

  isEvicted(hash: ContentHash): boolean {
    return !this.#held.has(hash) && this.#evicted.find(hash) !== null;
  }

  broughtBy(hash: ContentHash): OpId | null {
    const row = this.#connection.row<{ op: number | null }>(
      "select op from text where hash_key = ? and hash = ?",
      keyOfHex(hash),
      blobOfHex(hash),
    );
    const op = row === undefined ? this.#evicted.find(hash) : row.op;
    return op === null ? null : this.#opId(op);
  }

  evict(hash: ContentHash): boolean {
    const row = this.#connection.row<{ id: number; op: number }>(
      "select id, op from text where hash_key = ? and hash = ? and op is not null",
      keyOfHex(hash),
      blobOfHex(hash),
    );
    if (row === undefined) return false;
    this.#connection.run("delete from text where id = ?", row.id);
    this.#evicted.add(hash, row.op);
    this.#held.delete(hash);
    return true;
  }

  leastUsed(after: TextCursor | null, limit: number): readonly KeptText[] {
    const [day, number] = after ?? [-1, 0];
    const rows = this.#connection.rows<{ hash: string; op: number; day: number; byteCount: number }>(
      `select lower(hex(hash)) as hash, op, used_day as day,
        octet_length(head) + octet_length(tail) as byteCount
      from text where op is not null and (used_day, op) > (?, ?) order by used_day, op limit ?`,
      day,
      number,
      limit,
    );
    return rows.map((row) => ({
      hash: row.hash,
      broughtBy: this.#opId(row.op),
      byteCount: row.byteCount,
      cursor: [row.day, row.op],
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
    const row = this.#connection.row<Omit<TextSizes, "evictedCount">>(
      `select count(*) as heldCount, coalesce(sum(octet_length(head) + octet_length(tail)), 0) as heldBytes
      from text`,
    );
    return {
      heldCount: row?.heldCount ?? 0,
      heldBytes: row?.heldBytes ?? 0,
      evictedCount: this.#evicted.count(),
    };
  }

  byteCount(hash: ContentHash): number {
    const row = this.#connection.row<{ bytes: number }>(
      "select octet_length(head) + octet_length(tail) as bytes from text where hash_key = ? and hash = ?",
      keyOfHex(hash),
      blobOfHex(hash),
    );
    return row?.bytes ?? 0;
  }

  pack(from: PackCursor | null, limit: number): PackCursor | null {
    const [after, last] = from ?? [0, this.#lastId()];
    const rows = this.#connection.rows<{ id: number; tail: string | Uint8Array }>(
      "select id, tail from text where id > ? and id <= ? order by id limit ?",
      after,
      last,
      limit,
    );
    // Written again behind all others, they fill whole pages, and leave whole pages empty.
    let id = this.#lastId();
    for (const row of rows) {
      id += 1;
      const tail = typeof row.tail === "string" ? packedTail(row.tail) : row.tail;
      this.#connection.run("update text set id = ?, tail = ? where id = ?", id, tail, row.id);
    }
    const end = rows.at(-1)?.id;
    return end === undefined || end >= last ? null : [end, last];
  }

  #lastId(): number {
    return this.#connection.row<{ id: number | null }>("select max(id) as id from text")?.id ?? 0;
  }

  #isHeld(key: number, blob: Uint8Array): boolean {
    return (
      this.#connection.row("select 1 from text where hash_key = ? and hash = ?", key, blob) !== undefined
    );
  }

  #opId(op: number): OpId {
    const id = this.#rows.idOf(Math.floor(op / opsPerChange));
    if (id === null) throw new Error(`the change of op ${op}, which brought a text, is not held`);
    return opId(id, op % opsPerChange);
  }
}
