import type { OpId } from "@darksync/core/op-id";
import type { Assignment, RegisterType } from "@darksync/core/register";
import { type ChangeNumbers, opIdOf } from "./change-numbers.js";
import type { Connection } from "./connection.js";
import { decodeContent, encodeContent } from "./register-value.js";
import { opsPerChange } from "./schema.js";

/** An assignment as a query gives it. */
export interface AssignmentColumns {
  readonly op: number;
  readonly content: Uint8Array;
  readonly change_id: Uint8Array;
}

/** The number of an op's change, in SQL. */
export function changeOfOp(column: string): string {
  return `${column} / ${opsPerChange}`;
}

/** The assignments by the numbers of their ops. */
export class AssignmentTable {
  readonly #connection: Connection;
  readonly #numbers: ChangeNumbers;
  readonly #damaged: (reason: string) => Error;

  constructor(connection: Connection, numbers: ChangeNumbers, damaged: (reason: string) => Error) {
    this.#connection = connection;
    this.#numbers = numbers;
    this.#damaged = damaged;
  }

  /** Adds an assignment; returns the number of its op. */
  add<Type extends RegisterType>(
    type: Type,
    registerId: number | null,
    assignment: Assignment<Type>,
  ): number {
    const op = this.#numbers.opNumber(assignment.id);
    this.#connection.run(
      "insert into assignment(op, register_id, content) values (?, ?, ?)",
      op,
      registerId ?? op,
      encodeContent(type, assignment),
    );
    return op;
  }

  /** An assignment of a register by id. */
  find<Type extends RegisterType>(type: Type, registerId: number, id: OpId): Assignment<Type> | null {
    const op = this.#numbers.findOp(id);
    if (op === null) return null;
    const row = this.#connection.row<{ content: Uint8Array }>(
      "select content from assignment where op = ? and register_id = ?",
      op,
      registerId,
    );
    return row === undefined ? null : { id, ...this.#contentOf(type, row.content) };
  }

  /** The assignment of an op that is known to be one. */
  byNumber<Type extends RegisterType>(type: Type, op: number): Assignment<Type> {
    const row = this.#connection.row<AssignmentColumns>(
      `select op, content, change.id as change_id from assignment
      join change on change.number = ${changeOfOp("op")} where op = ?`,
      op,
    );
    if (row === undefined) throw this.#damaged(`it lacks assignment ${op}`);
    return this.fromColumns(type, row);
  }

  fromColumns<Type extends RegisterType>(type: Type, row: AssignmentColumns): Assignment<Type> {
    return { id: opIdOf(row.op, row.change_id), ...this.#contentOf(type, row.content) };
  }

  #contentOf<Type extends RegisterType>(type: Type, content: Uint8Array): Omit<Assignment<Type>, "id"> {
    const decoded = decodeContent(type, content);
    if (decoded === null) throw this.#damaged("a stored assignment cannot be read");
    return decoded;
  }
}
