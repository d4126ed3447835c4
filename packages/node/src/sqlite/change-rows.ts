import {
  decode,
  encodeFor,
  readLengthAndBytes,
  readVarUint,
  type Writer,
  writeLengthAndBytes,
  writeVarUint,
} from "@darksync/core/codec";
import type { RegisterType } from "@darksync/core/register";
import type { Connection } from "./connection.js";
import { blobOfHex, keyOfHex } from "./hex-blob.js";
import { type AssignmentContent, readContent, writeContent } from "./register-value.js";
import { opsPerChange } from "./schema.js";

/** A change's row, but for the assignments that its ops make. */
export interface ChangeRow {
  readonly number: number;
  /** Hex. */
  readonly id: string;
  readonly deviceId: number;
  readonly logId: number;
  readonly wallMs: number;
  readonly counter: number;
  readonly receivedMs: number;
  readonly isSkewed: boolean;
  readonly place: { readonly streamId: number; readonly seq: number; readonly index: number } | null;
  readonly bytes: Uint8Array | null;
}

/** An assignment of an op as its change's row holds it. */
interface StoredAssignment {
  readonly index: number;
  readonly registerId: number;
  readonly content: Content;
}

/** As it came, or as it was read. */
type Content =
  | { readonly type: RegisterType; readonly assignment: AssignmentContent<RegisterType> }
  | { readonly bytes: Uint8Array };

interface OpenChange {
  readonly number: number;
  /** The row, while it is not written. */
  readonly row: ChangeRow | null;
  readonly assignments: StoredAssignment[];
  isChanged: boolean;
}

const maxContentBytes = 2 ** 31;

// Conflicts of two who each changed much at once lie in a few large changes, and are read across these.
const mostRecent = 8;

/**
 * Writes the rows of changes. The latest one is kept back until the next or the end of the transaction, so that it is
 * written once, with its assignments.
 */
export class ChangeRows {
  readonly #connection: Connection;
  #open: OpenChange | null = null;
  /** Changes that were read or written, the latest last. */
  readonly #recent = new Map<number, OpenChange>();

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.writeBeforeCommit(() => this.write());
    connection.forgetAtEnd(() => this.#forget());
  }

  add(row: ChangeRow): void {
    this.write();
    this.#open = { number: row.number, row, assignments: [], isChanged: true };
  }

  addAssignment<Type extends RegisterType>(
    op: number,
    registerId: number,
    type: Type,
    assignment: AssignmentContent<Type>,
  ): void {
    const open = this.#change(Math.floor(op / opsPerChange));
    const content = { type, assignment } as Content;
    open.assignments.push({ index: op % opsPerChange, registerId, content });
    open.isChanged = true;
  }

  /** The assignment of an op to a register of this type, or null; `damaged` if it cannot be read. */
  assignment<Type extends RegisterType>(
    op: number,
    registerId: number,
    type: Type,
  ): AssignmentContent<Type> | "damaged" | null {
    const { assignments } = this.#read(Math.floor(op / opsPerChange));
    const index = op % opsPerChange;
    const found = assignments.find((assignment) => assignment.index === index);
    if (found === undefined || found.registerId !== registerId) return null;
    const { content } = found;
    if ("assignment" in content) return content.assignment as AssignmentContent<Type>;
    return decode(content.bytes, (reader) => readContent(reader, type)) ?? "damaged";
  }

  /** Forgets the assignments of all changes. */
  clearAssignments(): void {
    this.write();
    this.#forget();
    this.#connection.run("update placed_change set assignments = null where assignments is not null");
    this.#connection.run("update unsigned_change set assignments = null where assignments is not null");
  }

  /** Writes what was kept back. */
  write(): void {
    const open = this.#open;
    if (open === null || !open.isChanged) return;
    this.#open = this.#keep({ ...open, row: null, isChanged: false });
    if (open.assignments.length === 0) this.#put(open, null);
    else {
      encodeFor(
        (writer) => writeStored(writer, open.assignments),
        (assignments) => this.#put(open, assignments),
      );
    }
  }

  #put({ number, row }: OpenChange, assignments: Uint8Array | null): void {
    if (row === null) {
      const placed = "update placed_change set assignments = ? where number = ?";
      if (this.#connection.run(placed, assignments, number) === 0)
        this.#connection.run(
          "update unsigned_change set assignments = ? where number = ?",
          assignments,
          number,
        );
    } else this.#insert(row, assignments);
  }

  #insert(row: ChangeRow, assignments: Uint8Array | null): void {
    const { place, bytes } = row;
    if (place === null) {
      this.#connection.run(
        "insert into unsigned_change values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row.number,
        keyOfHex(row.id),
        blobOfHex(row.id),
        row.deviceId,
        row.logId,
        row.wallMs,
        row.counter,
        row.receivedMs,
        row.isSkewed ? 1 : 0,
        assignments,
        bytes,
      );
    } else {
      this.#connection.run(
        "insert into placed_change values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row.number,
        keyOfHex(row.id),
        blobOfHex(row.id),
        row.deviceId,
        row.logId,
        row.wallMs,
        row.counter,
        row.receivedMs,
        row.isSkewed ? 1 : 0,
        assignments,
        place.streamId,
        place.seq,
        place.index,
      );
    }
  }

  /** The change to write to, with what was written to it before. */
  #change(number: number): OpenChange {
    if (this.#open?.number === number) return this.#open;
    this.write();
    this.#open = this.#read(number);
    return this.#open;
  }

  /** A change to read. What is kept back stays so: who changes much reads what was there between any two writes. */
  #read(number: number): OpenChange {
    if (this.#open?.number === number) return this.#open;
    const recent = this.#recent.get(number);
    if (recent !== undefined) return this.#keep(recent);
    const row = this.#connection.row<{ assignments: Uint8Array | null }>(
      "select assignments from change where number = ?",
      number,
    );
    const assignments = row === undefined || row.assignments === null ? [] : readStored(row.assignments);
    return this.#keep({ number, row: null, assignments, isChanged: false });
  }

  #keep(change: OpenChange): OpenChange {
    this.#recent.delete(change.number);
    this.#recent.set(change.number, change);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > mostRecent && oldest !== undefined) this.#recent.delete(oldest);
    return change;
  }

  #forget(): void {
    this.#open = null;
    this.#recent.clear();
  }
}

function writeStored(writer: Writer, assignments: readonly StoredAssignment[]): void {
  for (const { index, registerId, content } of assignments) {
    writeVarUint(writer, index);
    writeVarUint(writer, registerId);
    if ("bytes" in content) writeLengthAndBytes(writer, content.bytes);
    else {
      encodeFor(
        (inner) => writeContent(inner, content.type, content.assignment),
        (bytes) => writeLengthAndBytes(writer, bytes),
      );
    }
  }
}

function readStored(bytes: Uint8Array): StoredAssignment[] {
  const assignments = decode(bytes, (reader) => {
    const read: StoredAssignment[] = [];
    while (reader.pos < bytes.length) {
      const index = readVarUint(reader);
      const registerId = readVarUint(reader);
      read.push({ index, registerId, content: { bytes: readLengthAndBytes(reader, maxContentBytes) } });
    }
    return read;
  });
  return assignments ?? [];
}
