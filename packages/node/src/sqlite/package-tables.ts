import type { ContentHash } from "@darksync/core/content-hash";
import { definitionKinds } from "@darksync/core/content-hash";
import type { DefinitionText } from "@darksync/core/definition";
import type { NameView } from "@darksync/core/fold-store";
import type { Location } from "@darksync/core/location";
import type { OpId } from "@darksync/core/op-id";
import type { Assignment, Register, RegisterType } from "@darksync/core/register";
import type { NameRow, PackageStore } from "@darksync/runtime/store/package-store";
import { type AssignmentTable, assignmentColumns } from "./assignment-table.js";
import type { ChangeNumbers } from "./change-numbers.js";
import type { Connection } from "./connection.js";
import { blobOfHex } from "./hex-blob.js";
import type { NameQueries } from "./name-queries.js";
import { conflictKinds, decodeHeads, encodeHeads, nameStart, registerTypes } from "./register-row.js";

interface HeadsRow {
  readonly key: string;
  readonly id: number;
  readonly heads: Uint8Array | null;
  readonly op: number | null;
  readonly content: string | null;
  readonly change_id: string | null;
}

/** What a transaction knows of a register that it has met. */
interface MetRegister {
  readonly id: number;
  /** The single head that `setHeads` has written as what the name shows, so that the usual view is no second write. */
  shownHead: OpId | null;
}

const selectHeads = `select key, id, heads, head as op, ${assignmentColumns("head")} from register`;

// Joined once: a statement is found by its text, and a new text has to be hashed first.
const selectHeadsOfOne = `${selectHeads} where type = ? and key = ?`;

/** What the fold made, in SQLite. */
export class PackageTables implements PackageStore {
  readonly #connection: Connection;
  readonly #numbers: ChangeNumbers;
  readonly #assignments: AssignmentTable;
  readonly #names: NameQueries;
  readonly #met = new Map<string, MetRegister>();
  #mayHaveAhead: boolean | null = null;

  constructor(
    connection: Connection,
    numbers: ChangeNumbers,
    assignments: AssignmentTable,
    names: NameQueries,
  ) {
    this.#connection = connection;
    this.#numbers = numbers;
    this.#assignments = assignments;
    this.#names = names;
    connection.forgetAtEnd(() => {
      this.#met.clear();
      this.#mayHaveAhead = null;
    });
  }

  heads<Type extends RegisterType>(register: Register<Type>): readonly Assignment<Type>[] {
    const row = this.#connection.row<HeadsRow>(selectHeadsOfOne, numberOf(register.type), register.key);
    if (row === undefined) return [];
    this.#meet(register, row.id);
    return this.#headsOf(register.type, row);
  }

  setHeads<Type extends RegisterType>(register: Register<Type>, heads: readonly Assignment<Type>[]): void {
    const ops = heads.map((head) => this.#numbers.opNumber(head.id));
    const met = this.#find(register);
    if (met === null) throw new Error(`nothing was assigned to ${register.type} ${register.key}`);
    const [only, other] = heads;
    const single = only !== undefined && other === undefined ? only : null;
    const singleOp = single === null ? null : (ops[0] ?? null);
    met.shownHead = single?.id ?? null;
    const isListed =
      register.type === "name" &&
      single !== null &&
      (single as Assignment as Assignment<"name">).value.type === "definition";
    this.#connection.run(
      `update register set head = ?, heads = ?, shown = ?, is_listed = ?, conflict_kind = null, conflict_id = null
      where type = ? and key = ?`,
      singleOp,
      single === null ? encodeHeads(ops) : null,
      singleOp,
      isListed ? 1 : 0,
      numberOf(register.type),
      register.key,
    );
  }

  setNameView(location: string, { shown, conflict }: NameView): void {
    const register: Register<"name"> = { type: "name", key: location };
    const met = this.#find(register);
    if (met === null) throw new Error(`nothing was assigned to name ${location}`);
    if (conflict === null && shown !== null && shown.id === met.shownHead) return;
    met.shownHead = null;
    this.#connection.run(
      "update register set shown = ?, is_listed = ?, conflict_kind = ?, conflict_id = ? where type = 0 and key = ?",
      shown === null ? null : this.#numbers.opNumber(shown.id),
      shown?.value.type === "definition" || conflict !== null ? 1 : 0,
      conflict === null ? null : conflictKinds.indexOf(conflict.kind),
      conflict === null ? null : blobOfHex(conflict.id),
      location,
    );
  }

  assignment<Type extends RegisterType>(register: Register<Type>, id: OpId): Assignment<Type> | null {
    const met = this.#find(register);
    return met === null ? null : this.#assignments.find(register.type, met.id, id);
  }

  addAssignment<Type extends RegisterType>(register: Register<Type>, assignment: Assignment<Type>): void {
    const met = this.#find(register);
    const op = this.#assignments.add(register.type, met?.id ?? null, assignment);
    if (met !== null) return;
    // A register is numbered by its first assignment that arrived here.
    this.#connection.run(
      "insert into register(type, key, id, name_start, heads) values (?, ?, ?, ?, zeroblob(0))",
      numberOf(register.type),
      register.key,
      op,
      register.type === "name" ? nameStart(register.key) : 1,
    );
    this.#meet(register, op);
  }

  addAhead(register: Register, id: OpId): void {
    this.#mayHaveAhead = true;
    this.#connection.run(
      "insert or ignore into ahead values (?, ?, ?)",
      numberOf(register.type),
      register.key,
      id,
    );
  }

  takeAhead(register: Register, id: OpId): boolean {
    // The table is nearly always empty: one look a transaction then.
    this.#mayHaveAhead ??= this.#connection.row("select 1 from ahead limit 1") !== undefined;
    if (!this.#mayHaveAhead) return false;
    const taken = this.#connection.run(
      "delete from ahead where type = ? and key = ? and op = ?",
      numberOf(register.type),
      register.key,
      id,
    );
    return taken > 0;
  }

  putText(hash: ContentHash, text: DefinitionText): void {
    this.#connection.run(
      "insert or ignore into text(hash, kind, head, tail) values (?, ?, ?, ?)",
      blobOfHex(hash),
      definitionKinds.indexOf(text.kind),
      text.head,
      text.tail,
    );
  }

  text(hash: ContentHash): DefinitionText | null {
    const row = this.#connection.row<{ kind: number; head: string; tail: string }>(
      "select kind, head, tail from text where hash = ?",
      blobOfHex(hash),
    );
    const kind = definitionKinds[row?.kind ?? -1];
    return row === undefined || kind === undefined ? null : { kind, head: row.head, tail: row.tail };
  }

  nameRow(location: Location): NameRow | null {
    return this.#names.nameRow(location);
  }

  names(prefix: string, limit: number, after?: Location): readonly NameRow[] {
    return this.#names.names(prefix, limit, after ?? "");
  }

  conflicts(): readonly NameRow[] {
    return this.#names.conflicts();
  }

  countConflicts(): number {
    return this.#names.countConflicts();
  }

  search(text: string, limit: number): readonly Location[] {
    return this.#names.search(text, limit);
  }

  registers<Type extends RegisterType>(
    type: Type,
  ): readonly { readonly key: string; readonly heads: readonly Assignment<Type>[] }[] {
    return this.#connection
      .rows<HeadsRow>(`${selectHeads} where type = ?`, numberOf(type))
      .map((row) => ({ key: row.key, heads: this.#headsOf(type, row) }))
      .sort((left, right) => (left.key < right.key ? -1 : 1));
  }

  clear(): void {
    for (const table of ["register", "assignment", "ahead", "text"])
      this.#connection.run(`delete from ${table}`);
    this.#met.clear();
    this.#mayHaveAhead = null;
  }

  #headsOf<Type extends RegisterType>(type: Type, row: HeadsRow): readonly Assignment<Type>[] {
    if (row.op !== null) return [this.#assignments.fromColumns(type, row.op, row)];
    return (decodeHeads(row.heads ?? new Uint8Array()) ?? []).map((op) =>
      this.#assignments.byNumber(type, op),
    );
  }

  #find(register: Register): MetRegister | null {
    const met = this.#met.get(metKey(register));
    if (met !== undefined) return met;
    const row = this.#connection.row<{ id: number }>(
      "select id from register where type = ? and key = ?",
      numberOf(register.type),
      register.key,
    );
    return row === undefined ? null : this.#meet(register, row.id);
  }

  #meet(register: Register, id: number): MetRegister {
    const key = metKey(register);
    const known = this.#met.get(key);
    if (known !== undefined) return known;
    const met: MetRegister = { id, shownHead: null };
    this.#met.set(key, met);
    return met;
  }
}

function metKey(register: Register): string {
  return `${register.type} ${register.key}`;
}

function numberOf(type: RegisterType): number {
  return registerTypes.indexOf(type);
}
