import type { Location } from "@darksync/core/location";
import type { NameRow } from "@darksync/runtime/store/package-store";
import { type AssignmentTable, assignmentColumns } from "./assignment-table.js";
import type { Connection, SqlValue } from "./connection.js";
import { conflictOf } from "./register-row.js";
import { hashStart } from "./register-value.js";

interface NameColumns {
  readonly key: string;
  readonly conflict_kind: number | null;
  readonly conflict_id: Uint8Array | null;
  readonly op: number | null;
  readonly content: string | null;
  readonly change_id: string | null;
}

const columns = `key, conflict_kind, conflict_id, shown as op, ${assignmentColumns("shown")}`;

/** What locations show, read from the registers of names. */
export class NameQueries {
  readonly #connection: Connection;
  readonly #assignments: AssignmentTable;

  constructor(connection: Connection, assignments: AssignmentTable) {
    this.#connection = connection;
    this.#assignments = assignments;
  }

  nameRow(location: Location): NameRow | null {
    return this.#list(`select ${columns} from register where type = 0 and key = ?`, location)[0] ?? null;
  }

  names(prefix: string, limit: number, after: Location): readonly NameRow[] {
    if (prefix === "") {
      return this.#list(
        `select ${columns} from register where type = 0 and key > ? and is_listed order by key limit ?`,
        after,
        limit,
      );
    }
    // `/` is the character after `.`; the few locations between `prefix` and `prefix.` are left out one by one.
    return this.#list(
      `select ${columns} from register where type = 0 and key >= ? and key < ? and key > ?
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
      `select ${columns} from register indexed by register_conflict where conflict_kind is not null order by key`,
    );
  }

  countConflicts(): number {
    const row = this.#connection.row<{ count: number }>(
      "select count(*) as count from register indexed by register_conflict where conflict_kind is not null",
    );
    return row?.count ?? 0;
  }

  search(text: string, limit: number): readonly Location[] {
    // SQL's lower() knows ASCII letters only, which is what is asked for.
    const rows = this.#connection.rows<{ key: string }>(
      `select register.key from register
      left join assignment on op = register.shown
      left join text on text.hash = substr(content, ${hashStart}, 32)
      where type = 0 and is_listed and (
        instr(lower(key), lower(?)) > 0
        or instr(lower(text.head || substr(key, name_start) || text.tail), lower(?)) > 0
      ) order by key limit ?`,
      text,
      text,
      limit,
    );
    return rows.map((row) => row.key);
  }

  #list(sql: string, ...values: SqlValue[]): readonly NameRow[] {
    return this.#connection.rows<NameColumns>(sql, ...values).map((row) => ({
      location: row.key,
      shown: row.op === null ? null : this.#assignments.fromColumns("name", row.op, row),
      conflict: conflictOf(row),
    }));
  }
}
