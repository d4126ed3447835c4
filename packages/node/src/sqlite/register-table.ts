import { encodeFor } from "@darksync/core/codec";
import type { ConflictSummary } from "@darksync/core/conflict";
import type { ChangeId } from "@darksync/core/op-id";
import type { Assignment, Register, RegisterType } from "@darksync/core/register";
import type { ChangeNumbers } from "./change-numbers.js";
import type { Connection } from "./connection.js";
import { blobOfHex, keyOfHex } from "./hex-blob.js";
import { conflictKinds, conflictOf, nameStart, registerNumbers } from "./register-row.js";
import { decodeAssignments, writeAssignments } from "./register-value.js";

/** A register as its row says. */
export interface RegisterState<Type extends RegisterType = RegisterType> {
  /** The number of its first assignment that arrived here. */
  readonly id: number;
  readonly heads: readonly Assignment<Type>[];
  /** What a name shows: one of its heads, or where it is merged something else. */
  readonly shown: Assignment<Type> | null;
  readonly isMerged: boolean;
  readonly isLinked: boolean;
  readonly conflict: ConflictSummary | null;
}

export interface RegisterColumns {
  readonly key: string;
  readonly id: number;
  /** Hex: each blob that the driver hands over costs the garbage collector more than this detour. */
  readonly heads: string;
  /** Whether the first of `heads` is shown. */
  readonly is_first_shown: number;
  /** Whether the first of `heads` is none, but what they were merged into. */
  readonly is_merged: number;
  readonly is_linked: number;
  readonly conflict_kind: number | null;
  readonly conflict_id: Uint8Array | null;
}

interface KnownRegister {
  readonly register: Register;
  state: RegisterState | null;
  /** Whether there is a row, if maybe not of this state. */
  hasRow: boolean;
}

export const selectRegisters: string =
  "select key, id, hex(heads) as heads, is_first_shown, is_merged, is_linked, conflict_kind, conflict_id from register";

// Joined once: a statement is found by its text, and a new text has to be hashed first.
const selectFew = "select type, key from register limit ?";
const selectOne = `${selectRegisters} where type = ? and key = ?`;

// A clone comes back to the same registers in transaction after transaction. About 50 MB of memory.
const mostKept = 50_000;
// Where so few registers have rows, what is not among them has none: a clone need not look for each.
const mostReadAtOnce = 100;

/**
 * The registers with their heads. What a transaction that writes has met it reads once, and the next one knows it still
 * if nobody else has written meanwhile.
 */
export class RegisterTable {
  readonly #connection: Connection;
  readonly #numbers: ChangeNumbers;
  readonly #damaged: (reason: string) => Error;
  readonly #known = new Map<RegisterType, Map<string, KnownRegister>>();
  #knownCount = 0;
  /** The registers that had rows when this began to be known, if they were few. Undefined: not looked at yet. */
  #few: ReadonlySet<string> | null | undefined = undefined;
  readonly #unwritten = new Set<KnownRegister>();
  /** What a transaction that only reads has met last. */
  #lastRead: KnownRegister | null = null;

  readonly #noteNumber = (change: ChangeId, number: number): void => this.#numbers.noteHint(change, number);
  readonly #numberOf = (change: ChangeId): number =>
    this.#numbers.hint(change) ?? this.#numbers.find(change) ?? 0;

  constructor(connection: Connection, numbers: ChangeNumbers, damaged: (reason: string) => Error) {
    this.#connection = connection;
    this.#numbers = numbers;
    this.#damaged = damaged;
    connection.writeBeforeCommit(() => this.writeNew());
    connection.forgetAtForeignWrite(() => this.#forget());
    connection.forgetAtEnd(() => {
      this.#lastRead = null;
      this.#unwritten.clear();
      if (this.#knownCount > mostKept) this.#forget();
    });
  }

  /** Null if nothing was ever assigned. */
  get<Type extends RegisterType>(register: Register<Type>): RegisterState<Type> | null {
    return this.#find(register).state as RegisterState<Type> | null;
  }

  /** Makes a register that holds nothing yet. Its row is written with its heads. */
  add(register: Register, id: number): void {
    const known = this.#find(register);
    known.state = { id, heads: [], shown: null, isMerged: false, isLinked: false, conflict: null };
    this.#unwritten.add(known);
  }

  put<Type extends RegisterType>(register: Register<Type>, state: RegisterState<Type>): void {
    const known = this.#find(register);
    this.#write(register, state, known.hasRow);
    known.state = state;
    known.hasRow = true;
    this.#unwritten.delete(known);
  }

  /** Writes the registers that were made and have no heads yet. */
  writeNew(): void {
    for (const { register, state } of this.#unwritten) if (state !== null) this.put(register, state);
  }

  clear(): void {
    this.#connection.run("delete from register");
    this.#forget();
  }

  #forget(): void {
    this.#known.clear();
    this.#knownCount = 0;
    this.#few = undefined;
    this.#unwritten.clear();
  }

  /** The state that a row of a register of this type holds. */
  stateOf<Type extends RegisterType>(
    type: Type,
    row: RegisterColumns,
    noteNumber: (change: ChangeId, number: number) => void = ignore,
  ): RegisterState<Type> {
    const heads = decodeAssignments(type, blobOfHex(row.heads), noteNumber);
    if (heads === null) throw this.#damaged(`the heads of ${type} ${row.key} cannot be read`);
    const isMerged = row.is_merged === 1;
    return {
      id: row.id,
      heads: isMerged ? heads.slice(1) : heads,
      shown: row.is_first_shown === 1 ? (heads[0] ?? null) : null,
      isMerged,
      isLinked: row.is_linked === 1,
      conflict: conflictOf(row),
    };
  }

  #find(register: Register): KnownRegister {
    return this.#connection.isWriting ? this.#findToWrite(register) : this.#findToRead(register);
  }

  #findToWrite(register: Register): KnownRegister {
    let ofType = this.#known.get(register.type);
    if (ofType === undefined) {
      ofType = new Map();
      this.#known.set(register.type, ofType);
    }
    let known = ofType.get(register.key);
    if (known === undefined) {
      known = this.#mayHaveRow(register) ? this.#read(register) : { register, state: null, hasRow: false };
      ofType.set(register.key, known);
      this.#knownCount += 1;
    }
    return known;
  }

  /** What was written since is known. */
  #mayHaveRow({ type, key }: Register): boolean {
    if (this.#few === undefined) {
      const rows = this.#connection.rows<{ type: number; key: string }>(selectFew, mostReadAtOnce);
      const isAll = this.#knownCount === 0 && rows.length < mostReadAtOnce;
      this.#few = isAll ? new Set(rows.map((row) => `${row.type} ${row.key}`)) : null;
    }
    return this.#few === null || this.#few.has(`${numberOf(type)} ${key}`);
  }

  // It may look at very many, at each several times in a row.
  #findToRead(register: Register): KnownRegister {
    const last = this.#lastRead?.register;
    if (this.#lastRead === null || last?.key !== register.key || last.type !== register.type)
      this.#lastRead = this.#read(register);
    return this.#lastRead;
  }

  #read(register: Register): KnownRegister {
    const row = this.#connection.row<RegisterColumns>(selectOne, numberOf(register.type), register.key);
    const state = row === undefined ? null : this.stateOf(register.type, row, this.#noteNumber);
    return { register, state, hasRow: state !== null };
  }

  #write<Type extends RegisterType>(
    register: Register<Type>,
    state: RegisterState<Type>,
    hasRow: boolean,
  ): void {
    encodeFor(
      (writer) => writeAssignments(writer, register.type, storedHeads(state), this.#numberOf),
      (heads) => this.#writeRow(register, state, heads, hasRow),
    );
  }

  #writeRow<Type extends RegisterType>(
    { type, key }: Register<Type>,
    { id, shown, isMerged, isLinked, conflict }: RegisterState<Type>,
    blob: Uint8Array,
    hasRow: boolean,
  ): void {
    const value =
      shown !== null && type === "name" ? (shown as Assignment as Assignment<"name">).value : null;
    const textKey = value?.type === "definition" ? keyOfHex(value.hash) : null;
    const isListed = textKey !== null || conflict !== null ? 1 : 0;
    const conflictKind = conflict === null ? null : conflictKinds.indexOf(conflict.kind);
    const conflictId = conflict === null ? null : blobOfHex(conflict.id);
    const flags = [shown !== null, isMerged, isLinked].map(Number);
    if (hasRow) {
      this.#connection.run(
        `update register set heads = ?, is_first_shown = ?, is_merged = ?, is_linked = ?, is_listed = ?,
          text_key = ?, conflict_kind = ?, conflict_id = ? where type = ? and key = ?`,
        blob,
        ...flags,
        isListed,
        textKey,
        conflictKind,
        conflictId,
        numberOf(type),
        key,
      );
    } else {
      this.#connection.run(
        "insert into register values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        numberOf(type),
        key,
        id,
        type === "name" ? nameStart(key) : 1,
        blob,
        ...flags,
        isListed,
        textKey,
        conflictKind,
        conflictId,
      );
    }
  }
}

/** The heads as a row holds them: what is shown comes first, even where it is none of them. */
function storedHeads<Type extends RegisterType>({
  heads,
  shown,
  isMerged,
}: RegisterState<Type>): readonly Assignment<Type>[] {
  if (shown === null) return heads;
  if (isMerged) return [shown, ...heads];
  return heads[0]?.id === shown.id ? heads : [shown, ...heads.filter(({ id }) => id !== shown.id)];
}

const ignore = (): void => {};

/** The number of a register's type in the table. */
export function numberOf(type: RegisterType): number {
  return registerNumbers[type];
}
