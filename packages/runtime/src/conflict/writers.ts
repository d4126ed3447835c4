import { decodeChange } from "@darksync/core/change";
import type { Timestamp } from "@darksync/core/hlc";
import type { Location } from "@darksync/core/location";
import type { Op } from "@darksync/core/op/op";
import { type ChangeId, changeOf, indexOf } from "@darksync/core/op-id";
import type { Assignment, Binding } from "@darksync/core/register";
import { withTargets } from "../read/history.js";
import { ChangeReader } from "../replica/change-bytes.js";
import type { Replica } from "../replica/replica.js";
import type { ChangeRecord } from "../store/change-store.js";
import type { ReplicaTables } from "../store/store.js";

/** Who wrote what a naming says, and when. */
export interface Writer {
  /** Public key, hex. */
  readonly device: string;
  readonly time: Timestamp;
}

/** What the note beside a side that an undo put back says as its choice; as its rule it has whose side it was. */
export const putBackChoice = "undo";

const noteDigits = 20;

/** The note beside a side of a conflict that stands again: by whom it was first, in as much as there is room for. */
export function putBackNote(conflict: string, first: ChangeId): Op {
  return { type: "Resolve", conflict, choice: putBackChoice, rule: first.slice(0, noteDigits) };
}

// An undo makes what was before the sides and the sides in one go.
const oneGoMs = 10_000;
const mostUndos = 16;

/** Tells who wrote heads. What an undo put back is by whom it was before. Make one for one reading. */
export class Writers {
  readonly #tables: ReplicaTables;
  readonly #reader: ChangeReader;
  readonly #hash: Replica["hash"];
  readonly #records = new Map<ChangeId, ChangeRecord | null>();
  readonly #ops = new Map<ChangeId, readonly Op[]>();

  constructor({ compression, hash }: Pick<Replica, "compression" | "hash">, tables: ReplicaTables) {
    this.#tables = tables;
    this.#hash = hash;
    this.#reader = new ChangeReader(tables, compression);
  }

  /** Null if its change is not held here. `location`: where it was written. */
  of(location: Location, naming: Assignment<"name">): Writer | null {
    const record = this.#record(changeOf(naming.id));
    if (record === null || !this.#mayBePutBack(location, naming, record)) return record;
    return this.#firstOf(record, indexOf(naming.id), naming.value) ?? record;
  }

  #mayBePutBack(
    location: Location,
    { supersedes: [parent, ...others] }: Assignment<"name">,
    record: ChangeRecord,
  ): boolean {
    if (parent === undefined || others.length > 0) return false;
    const before = this.#tables.packages.assignment({ type: "name", key: location }, parent);
    const earlier = before === null ? null : this.#record(changeOf(before.id));
    if (earlier?.device !== record.device) return false;
    return record.time.wallMs - earlier.time.wallMs < oneGoMs;
  }

  /** The change that a side was first written by: it must say the same, whatever the note claims. */
  #firstOf(record: ChangeRecord, index: number, value: Binding): ChangeRecord | null {
    let found: ChangeRecord | null = null;
    let next: { readonly record: ChangeRecord; readonly index: number } | null = { record, index };
    for (let count = 0; next !== null && count < mostUndos; count += 1) {
      const note = this.#opsOf(next.record)
        .slice(next.index)
        .find((op) => op.type === "Resolve");
      if (note?.choice !== putBackChoice) break;
      const [first] = this.#tables.changes.withPrefix(note.rule, 1);
      const place = first === undefined ? -1 : this.#opsOf(first).findIndex((op) => says(op, value));
      if (first === undefined || place < 0) break;
      found = first;
      next = { record: first, index: place };
    }
    return found;
  }

  #opsOf(record: ChangeRecord): readonly Op[] {
    const known = this.#ops.get(record.id);
    if (known !== undefined) return known;
    const decoded = decodeChange(this.#reader.bytesOf(record));
    const ops = decoded.type === "change" ? withTargets(this.#hash, decoded.change.ops) : [];
    this.#ops.set(record.id, ops);
    return ops;
  }

  #record(change: ChangeId): ChangeRecord | null {
    const known = this.#records.get(change);
    if (known !== undefined) return known;
    const record = this.#tables.changes.get(change);
    this.#records.set(change, record);
    return record;
  }
}

function says(op: Op, value: Binding): boolean {
  if (op.type === "UnsetName") return value.type === "nothing";
  return (
    op.type === "SetName" && value.type === "definition" && op.target === value.hash && op.kind === value.kind
  );
}
