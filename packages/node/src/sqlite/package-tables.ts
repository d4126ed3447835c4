import { mainBranch } from "@darksync/core/conflict";
import type { ContentHash } from "@darksync/core/content-hash";
import type { DefinitionText } from "@darksync/core/definition";
import type { NameView } from "@darksync/core/fold-store";
import type { Location } from "@darksync/core/location";
import type { OpId } from "@darksync/core/op-id";
import type { Assignment, Register, RegisterType } from "@darksync/core/register";
import type { NameRow, PackageStore } from "@darksync/runtime/store/package-store";
import type { ChangeNumbers } from "./change-numbers.js";
import type { ChangeRows } from "./change-rows.js";
import type { Connection } from "./connection.js";
import { blobOfHex } from "./hex-blob.js";
import { type NameQueries, nameRowOf } from "./name-queries.js";
import { endOfPrefix } from "./prefix-range.js";
import {
  numberOf,
  type RegisterColumns,
  type RegisterState,
  type RegisterTable,
  selectRegisters,
} from "./register-table.js";
import type { TextTable } from "./text-table.js";

/** What the fold made, in SQLite. */
export class PackageTables implements PackageStore {
  readonly branch: string = mainBranch;
  readonly #connection: Connection;
  readonly #numbers: ChangeNumbers;
  readonly #rows: ChangeRows;
  readonly #registers: RegisterTable;
  readonly #names: NameQueries;
  readonly #texts: TextTable;
  readonly #damaged: (reason: string) => Error;
  #mayHaveAhead: boolean | null = null;
  #mayAwait: boolean | null = null;

  constructor(
    connection: Connection,
    numbers: ChangeNumbers,
    rows: ChangeRows,
    registers: RegisterTable,
    names: NameQueries,
    texts: TextTable,
    damaged: (reason: string) => Error,
  ) {
    this.#connection = connection;
    this.#numbers = numbers;
    this.#rows = rows;
    this.#registers = registers;
    this.#names = names;
    this.#texts = texts;
    this.#damaged = damaged;
    connection.forgetAtForeignWrite(() => {
      this.#mayHaveAhead = null;
      this.#mayAwait = null;
    });
  }

  heads<Type extends RegisterType>(register: Register<Type>): readonly Assignment<Type>[] {
    return this.#registers.get(register)?.heads ?? [];
  }

  setHeads<Type extends RegisterType>(register: Register<Type>, heads: readonly Assignment<Type>[]): void {
    const state = this.#state(register);
    for (const head of heads) this.#numbers.opNumber(head.id);
    // What a single head shows is itself: the usual view is no second write.
    const shown = register.type === "name" && heads.length === 1 ? (heads[0] ?? null) : null;
    this.#registers.put(register, {
      id: state.id,
      heads: [...heads],
      shown,
      isMerged: false,
      isLinked: false,
      conflict: null,
    });
  }

  setNameView(location: Location, { shown, isMerged, isLinked, conflict }: NameView): void {
    const register: Register<"name"> = { type: "name", key: location };
    const state = this.#state(register);
    if (
      (shown?.id ?? null) === (state.shown?.id ?? null) &&
      ![isMerged, state.isMerged].includes(true) &&
      isLinked === state.isLinked &&
      (conflict?.id ?? null) === (state.conflict?.id ?? null)
    )
      return;
    this.#registers.put(register, {
      id: state.id,
      heads: state.heads,
      shown,
      isMerged,
      isLinked,
      conflict: conflict === null ? null : { id: conflict.id, kind: conflict.kind },
    });
  }

  isLinked(location: Location): boolean {
    return this.#registers.get({ type: "name", key: location })?.isLinked ?? false;
  }

  assignment<Type extends RegisterType>(register: Register<Type>, id: OpId): Assignment<Type> | null {
    const state = this.#registers.get(register);
    const op = state === null ? null : this.#numbers.findOp(id);
    if (state === null || op === null) return null;
    const content = this.#rows.assignment(op, state.id, register.type);
    if (content === "damaged") throw this.#damaged("a stored assignment cannot be read");
    return content === null ? null : { id, value: content.value, supersedes: content.supersedes };
  }

  addAssignment<Type extends RegisterType>(register: Register<Type>, assignment: Assignment<Type>): void {
    const op = this.#numbers.opNumber(assignment.id);
    const state = this.#registers.get(register);
    if (state === null) this.#registers.add(register, op);
    this.#rows.addAssignment(op, state?.id ?? op, register.type, assignment);
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

  putText(hash: ContentHash, text: DefinitionText, broughtBy: OpId | null): void {
    this.#texts.put(hash, text, broughtBy);
  }

  noteText(hash: ContentHash, broughtBy: OpId): void {
    this.#texts.note(hash, broughtBy);
  }

  text(hash: ContentHash): DefinitionText | null {
    return this.#texts.get(hash);
  }

  awaitText(hash: ContentHash, location: Location): void {
    this.#mayAwait = true;
    this.#connection.run("insert or ignore into awaited_text values (?, ?)", blobOfHex(hash), location);
  }

  takeAwaiting(hash: ContentHash): readonly Location[] {
    // As with `ahead`: nearly always nothing waits.
    this.#mayAwait ??= this.#connection.row("select 1 from awaited_text limit 1") !== undefined;
    if (!this.#mayAwait) return [];
    const blob = blobOfHex(hash);
    const rows = this.#connection.rows<{ location: string }>(
      "select location from awaited_text where hash = ? order by location",
      blob,
    );
    if (rows.length > 0) this.#connection.run("delete from awaited_text where hash = ?", blob);
    return rows.map(({ location }) => location);
  }

  awaitedTexts(): readonly ContentHash[] {
    return this.#connection
      .rows<{ hash: string }>("select distinct lower(hex(hash)) as hash from awaited_text order by hash")
      .map(({ hash }) => hash);
  }

  nameRow(location: Location): NameRow | null {
    const state = this.#registers.get({ type: "name", key: location });
    return state === null ? null : nameRowOf(location, state);
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
    keyPrefix = "",
  ): readonly { readonly key: string; readonly heads: readonly Assignment<Type>[] }[] {
    this.#registers.writeNew();
    const end = endOfPrefix(keyPrefix);
    const range = `${selectRegisters} where type = ? and key >= ?`;
    const rows =
      end === null
        ? this.#connection.rows<RegisterColumns>(range, numberOf(type), keyPrefix)
        : this.#connection.rows<RegisterColumns>(`${range} and key < ?`, numberOf(type), keyPrefix, end);
    return rows
      .map((row) => ({ key: row.key, heads: this.#registers.stateOf(type, row).heads }))
      .sort((left, right) => (left.key < right.key ? -1 : 1));
  }

  clear(): void {
    this.#rows.clearAssignments();
    this.#registers.clear();
    for (const table of ["ahead", "awaited_text"]) this.#connection.run(`delete from ${table}`);
    this.#texts.clear();
    this.#mayHaveAhead = null;
    this.#mayAwait = null;
  }

  #state<Type extends RegisterType>(register: Register<Type>): RegisterState<Type> {
    const state = this.#registers.get(register);
    if (state === null) throw new Error(`nothing was assigned to ${register.type} ${register.key}`);
    return state;
  }
}
