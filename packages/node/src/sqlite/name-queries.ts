import type { Location } from "@darksync/core/location";
import type { NameRow } from "@darksync/runtime/store/package-store";
import type { Connection, SqlValue } from "./connection.js";
import {
  type RegisterColumns,
  type RegisterState,
  type RegisterTable,
  selectRegisters,
} from "./register-table.js";
import { hashStart } from "./register-value.js";

/** What locations show, read from the registers of names. */
export class NameQueries {
  readonly #connection: Connection;
  readonly #registers: RegisterTable;

  constructor(connection: Connection, registers: RegisterTable) {
    this.#connection = connection;
    this.#registers = registers;
  }

  names(prefix: string, limit: number, after: Location): readonly NameRow[] {
    if (prefix === "") {
      return this.#list(
        `${selectRegisters} where type = 0 and key > ? and is_listed order by key limit ?`,
        after,
        limit,
      );
    }
    // `/` is the character after `.`; the few locations between `prefix` and `prefix.` are left out one by one.
    return this.#list(
      `${selectRegisters} where type = 0 and key >= ? and key < ? and key > ?
        and (key = ? or key > ?) and is_listed order by key limit ?`,
      prefix,
      `${prefix}/`,
      after,
      prefix,
      `${prefix}.`,
      limit,
    );
  }

  conflicts(): readonly NameRow[] {
    return this.#list(
      `${selectRegisters} indexed by register_conflict where conflict_kind is not null order by key`,
    );
  }

  countConflicts(): number {
    const row = this.#connection.row<{ count: number }>(
      "select count(distinct conflict_id) as count from register indexed by register_conflict where conflict_kind is not null",
    );
    return row?.count ?? 0;
  }

  search(text: string, limit: number): readonly Location[] {
    // SQL's lower() knows ASCII letters only, which is what is asked for.
    const rows = this.#connection.rows<{ key: string }>(
      `select register.key from register
      left join text on text.hash_key = register.text_key and text.hash = substr(heads, ${hashStart}, 32)
      where type = 0 and is_listed and (
        instr(lower(key), lower(?)) > 0
        or instr(lower(text.head || substr(key, name_start) ||
          iif(typeof(text.tail) = 'blob', unpacked(text.tail), text.tail)), lower(?)) > 0
      ) order by key limit ?`,
      text,
      text,
      limit,
    );
    return rows.map((row) => row.key);
  }

  #list(sql: string, ...values: SqlValue[]): readonly NameRow[] {
    return this.#connection
      .rows<RegisterColumns>(sql, ...values)
      .map((row) => nameRowOf(row.key, this.#registers.stateOf("name", row)));
  }
}

/** What the register of a location's name shows. */
export function nameRowOf(location: Location, state: RegisterState<"name">): NameRow {
  const { shown, isMerged, conflict } = state;
  return { location, shown, isMerged, conflict };
}
