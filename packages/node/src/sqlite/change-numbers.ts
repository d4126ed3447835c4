import { type ChangeId, changeOf, indexOf, type OpId } from "@darksync/core/op-id";
import type { ChangePages } from "./change-pages.js";
import type { Connection } from "./connection.js";
import { blobOfHex, keyOfHex } from "./hex-blob.js";
import { KeyFilter } from "./key-filter.js";
import { opsPerChange } from "./schema.js";

// About 10 MB of memory.
const mostHints = 50_000;
const mostHinted = 2_000;

/** Numbers of changes, and of their ops, by id. */
export class ChangeNumbers {
  readonly #connection: Connection;
  readonly #pages: ChangePages;
  // A transaction asks for the same few ids again and again. A removed change that comes back has another number.
  readonly #numbers = new Map<ChangeId, number>();
  /** What is noted beside heads that are known from transaction to transaction, and is as good as long as these. */
  readonly #hints = new Map<ChangeId, number>();
  readonly #filter: KeyFilter;
  #lastMissed: ChangeId | null = null;
  /** The change that was added last: its ops are asked for next. */
  #lastAdded: { readonly id: ChangeId; readonly number: number } | null = null;

  constructor(connection: Connection, pages: ChangePages) {
    this.#connection = connection;
    this.#pages = pages;
    this.#filter = new KeyFilter(connection, {
      count: `select coalesce((select max(number) from placed_change), 0)
        + coalesce((select max(number) from unsigned_change), 0)
        + exists (select 1 from change_page) * ${Number.MAX_SAFE_INTEGER} as count`,
      keys: "select id_key as key from placed_change union all select id_key as key from unsigned_change",
    });
    connection.forgetAtForeignWrite(() => {
      this.#numbers.clear();
      this.#hints.clear();
    });
    connection.forgetAtEnd(() => {
      this.#hintNumbers();
      this.#numbers.clear();
      this.#lastMissed = null;
      this.#lastAdded = null;
    });
  }

  /** The number of a change, or null if it is not held. */
  find(id: ChangeId): number | null {
    // Of most ids of a clone this tells that they are new, in less time than a look into a large map.
    const isNew = !this.#filter.mayHold(keyOfHex(id));
    const known = isNew ? undefined : this.#numbers.get(id);
    if (known !== undefined) return known;
    const number = isNew ? null : this.#read(id);
    if (number === null) this.#lastMissed = id;
    else this.#numbers.set(id, number);
    return number;
  }

  /** Whether this transaction has met a change. */
  isKnown(id: ChangeId): boolean {
    return this.#numbers.has(id);
  }

  /** Whether a change waits unsigned that this transaction has not met. */
  isWaiting(id: ChangeId): boolean {
    const key = keyOfHex(id);
    if (!this.#filter.mayHold(key)) return false;
    const sql = "select 1 from unsigned_change where id_key = ? and id = ?";
    return this.#connection.row(sql, key, blobOfHex(id)) !== undefined;
  }

  /** Whether a change is held. */
  isHeld(id: ChangeId): boolean {
    // Whoever adds one that came from elsewhere has just asked.
    return id !== this.#lastMissed && this.find(id) !== null;
  }

  /** The number that a change has unless it was removed since it was noted. */
  hint(id: ChangeId): number | null {
    return this.#numbers.get(id) ?? this.#hints.get(id) ?? null;
  }

  noteHint(id: ChangeId, number: number): void {
    this.#hints.set(id, number);
  }

  remember(id: ChangeId, number: number): void {
    if (id === this.#lastMissed) this.#lastMissed = null;
    this.#numbers.set(id, number);
    this.#lastAdded = { id, number };
    this.#filter.add(keyOfHex(id));
  }

  forget(id: ChangeId): void {
    if (this.#lastAdded?.id === id) this.#lastAdded = null;
    this.#numbers.delete(id);
    this.#hints.delete(id);
  }

  /** The number of an op, or null if its change is not held. */
  findOp(id: OpId): number | null {
    const last = this.#lastAdded;
    const number = last !== null && id.startsWith(last.id) ? last.number : this.find(changeOf(id));
    return number === null ? null : number * opsPerChange + indexOf(id);
  }

  /** The number of an op whose change was added before. */
  opNumber(id: OpId): number {
    const number = this.findOp(id);
    if (number === null) throw new Error(`the change of op ${id} was not added`);
    return number;
  }

  // The next save replaces what the last ones made. A clone does not.
  #hintNumbers(): void {
    if (this.#hints.size + this.#numbers.size > mostHints) this.#hints.clear();
    if (this.#numbers.size <= mostHinted)
      for (const [id, number] of this.#numbers) this.#hints.set(id, number);
  }

  #read(id: ChangeId): number | null {
    const key = keyOfHex(id);
    const blob = blobOfHex(id);
    const row = this.#connection.row<{ number: number }>(
      `select number from placed_change where id_key = ? and id = ?
      union all select number from unsigned_change where id_key = ? and id = ?`,
      key,
      blob,
      key,
      blob,
    );
    return row?.number ?? this.#pages.ids.find(id);
  }
}
