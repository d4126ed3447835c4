import type { OpId } from "@darksync/core/op-id";
import type { Assignment, RegisterType } from "@darksync/core/register";
import { type ChangeNumbers, opIdOf } from "./change-numbers.js";
import type { Connection } from "./connection.js";
import { blobOfHex } from "./hex-blob.js";
import { decodeContent, encodeContent } from "./register-value.js";
import { opsPerChange } from "./schema.js";

/** An assignment as a query gives it; null if the rows are missing. */
export interface AssignmentColumns {
  /** Hex: each blob that the driver hands over costs the garbage collector more than this detour. */
  readonly content: string | null;
  /** Hex. */
  readonly change_id: string | null;
}

/**
 * SQL for the columns of the assignment whose op number is in `column`. Two look-ups by subselect take a fifth of
 * the time of the same two by join.
 */
export function assignmentColumns(column: string): string {
  return `(select hex(content) from assignment where op = ${column}) as content,
    (select lower(hex(id)) from change where number = ${column} / ${opsPerChange}) as change_id`;
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
    const row = this.#connection.row<{ content: string }>(
      "select hex(content) as content from assignment where op = ? and register_id = ?",
      op,
      registerId,
    );
    return row === undefined ? null : { id, ...this.#contentOf(type, row.content) };
  }

  /** The assignment of an op that is known to be one. */
  byNumber<Type extends RegisterType>(type: Type, op: number): Assignment<Type> {
    // A bound number is a float, and the change of an op is a quotient of integers.
    const row = this.#connection.row<AssignmentColumns>(
      `select ${assignmentColumns("wanted")} from (select cast(? as integer) as wanted)`,
      op,
    );
    return this.fromColumns(type, op, row ?? { content: null, change_id: null });
  }

  fromColumns<Type extends RegisterType>(type: Type, op: number, row: AssignmentColumns): Assignment<Type> {
    if (row.content === null || row.change_id === null) throw this.#damaged(`it lacks the assignment ${op}`);
    return { id: opIdOf(op, row.change_id), ...this.#contentOf(type, row.content) };
  }

  #contentOf<Type extends RegisterType>(type: Type, content: string): Omit<Assignment<Type>, "id"> {
    const decoded = decodeContent(type, blobOfHex(content));
    if (decoded === null) throw this.#damaged("a stored assignment cannot be read");
    return decoded;
  }
}
