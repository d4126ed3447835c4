import {
  decode,
  encodeFor,
  readLengthAndBytes,
  readVarUint,
  type Writer,
  writeLengthAndBytes,
  writeVarUint,
} from "@darksync/core/codec";
import type { ChangeId } from "@darksync/core/op-id";
import type { RegisterType } from "@darksync/core/register";
import type { ChangePages, PlacedChange } from "./change-pages.js";
import type { Connection } from "./connection.js";
import { blobOfHex, keyOfHex } from "./hex-blob.js";
import { type AssignmentContent, readContent, writeContent } from "./register-value.js";
import { opsPerChange } from "./schema.js";

/** A change as it is added, without the assignments that its ops make. */
export interface ChangeRow extends Omit<PlacedChange, "place" | "assignments"> {
  readonly place: PlacedChange["place"] | null;
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

// They fill some pages.
const mostPending = 256;
// A page of one is no better than a row.
const fewestOnPage = 2;

// Conflicts of two who each changed much at once lie in a few large changes, and are read across these.
const mostRecent = 8;

/**
 * Writes the rows of changes. They are kept back till somebody looks at them or the transaction ends, so that each is
 * written once, with its assignments, and those that came many at a time lie together on pages.
 */
export class ChangeRows {
  readonly #connection: Connection;
  readonly #pages: ChangePages;
  #open: OpenChange | null = null;
  /** Changes in blocks that are not written yet, by number. */
  readonly #pending = new Map<number, PlacedChange>();
  /** Changes that were read or written, the latest last. */
  readonly #recent = new Map<number, OpenChange>();

  constructor(connection: Connection, pages: ChangePages) {
    this.#connection = connection;
    this.#pages = pages;
    connection.writeBeforeCommit(() => {
      this.write();
      pages.ids.write();
    });
    connection.forgetAtEnd(() => this.#forget());
  }

  add(row: ChangeRow): void {
    this.#close();
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
    for (let [first] = this.#pages.after(0, 1); first !== undefined; [first] = this.#pages.after(0, 1)) {
      for (const change of this.#pages.take(first.number) ?? [])
        this.#insertPlaced({ ...change, assignments: null });
    }
    this.#connection.run("update placed_change set assignments = null where assignments is not null");
    this.#connection.run("update unsigned_change set assignments = null where assignments is not null");
  }

  /** The id of the change of a number, or null. */
  idOf(number: number): ChangeId | null {
    if (this.#open?.row?.number === number) return this.#open.row.id;
    const pending = this.#pending.get(number);
    if (pending !== undefined) return pending.id;
    const row = this.#connection.row<{ id: string }>(
      `select lower(hex(id)) as id from placed_change where number = ?
      union all select lower(hex(id)) as id from unsigned_change where number = ?`,
      number,
      number,
    );
    return row?.id ?? this.#pages.find(number)?.id ?? null;
  }

  /** Gives all changes of a change's page rows of their own, if it lies on one: only rows can be changed. */
  takeFromPage(number: number): void {
    for (const change of this.#pages.take(number) ?? []) this.#insertPlaced(change);
  }

  /** Writes what was kept back. */
  write(): void {
    this.#close();
    this.#writePending();
  }

  #writePending(): void {
    for (const group of groupsOf([...this.#pending.values()])) {
      if (group.length >= fewestOnPage) this.#pages.add(group);
      else for (const change of group) this.#insertPlaced(change);
    }
    this.#pending.clear();
  }

  /** Keeps back the change that was written to last, its assignments encoded. */
  #close(): void {
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
    if (row !== null) {
      this.#insert(row, assignments);
      return;
    }
    const pending = this.#pending.get(number);
    if (pending !== undefined) this.#pending.set(number, { ...pending, assignments: copyOf(assignments) });
    else {
      this.takeFromPage(number);
      const placed = "update placed_change set assignments = ? where number = ?";
      if (this.#connection.run(placed, assignments, number) === 0)
        this.#connection.run(
          "update unsigned_change set assignments = ? where number = ?",
          assignments,
          number,
        );
    }
  }

  #insert(row: ChangeRow, assignments: Uint8Array | null): void {
    const { place, bytes, ...change } = row;
    if (place !== null) {
      this.#pending.set(row.number, { ...change, place, assignments: copyOf(assignments) });
      if (this.#pending.size >= mostPending) this.#writePending();
      return;
    }
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
  }

  #insertPlaced({ place, ...row }: PlacedChange): void {
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
      row.assignments,
      place.streamId,
      place.seq,
      place.index,
    );
  }

  /** The change to write to, with what was written to it before. */
  #change(number: number): OpenChange {
    if (this.#open?.number === number) return this.#open;
    this.#close();
    this.#open = this.#read(number);
    return this.#open;
  }

  /** A change to read. What is kept back stays so: who changes much reads what was there between any two writes. */
  #read(number: number): OpenChange {
    if (this.#open?.number === number) return this.#open;
    const recent = this.#recent.get(number);
    if (recent !== undefined) return this.#keep(recent);
    const stored = this.#storedAssignments(number);
    const assignments = stored === null ? [] : readStored(stored);
    return this.#keep({ number, row: null, assignments, isChanged: false });
  }

  #storedAssignments(number: number): Uint8Array | null {
    const pending = this.#pending.get(number);
    if (pending !== undefined) return pending.assignments;
    const row = this.#connection.row<{ assignments: Uint8Array | null }>(
      `select assignments from placed_change where number = ?
      union all select assignments from unsigned_change where number = ?`,
      number,
      number,
    );
    return row === undefined ? (this.#pages.find(number)?.assignments ?? null) : row.assignments;
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
    this.#pending.clear();
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

// What was encoded is good only while it is written.
function copyOf(bytes: Uint8Array | null): Uint8Array | null {
  return bytes === null ? null : bytes.slice();
}

/** Changes with consecutive numbers, of one stream, that came at one time. */
function groupsOf(changes: readonly PlacedChange[]): readonly (readonly PlacedChange[])[] {
  const groups: PlacedChange[][] = [];
  for (const change of changes) {
    const last = groups.at(-1);
    const before = last?.at(-1);
    const isNext =
      before?.number === change.number - 1 &&
      before.place.streamId === change.place.streamId &&
      before.receivedMs === change.receivedMs;
    if (last !== undefined && isNext) last.push(change);
    else groups.push([change]);
  }
  return groups;
}
