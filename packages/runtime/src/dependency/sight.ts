import { compareTimestamps } from "@darksync/core/hlc";
import type { ChangeId } from "@darksync/core/op-id";
import type { ChangeRecord } from "../store/change-store.js";
import type { ReplicaTables } from "../store/store.js";

/** Tells which device had seen what when it made a change (C2). Made for one task within a transaction. */
export class Sight {
  readonly #tables: Pick<ReplicaTables, "changes" | "seen">;
  readonly #records = new Map<ChangeId, ChangeRecord>();

  constructor(tables: Pick<ReplicaTables, "changes" | "seen">) {
    this.#tables = tables;
  }

  isOneDevice(left: ChangeId, right: ChangeId): boolean {
    return this.#record(left).device === this.#record(right).device;
  }

  hasSeen(viewer: ChangeId, other: ChangeId): boolean {
    const [own, change] = [this.#record(viewer), this.#record(other)];
    // One device's timestamps strictly increase (C4.1): this compares no two clocks.
    if (own.device === change.device) return compareTimestamps(change.time, own.time) <= 0;
    // What waits unsigned is of this device: it was made knowing all that had come, and nobody knows of it.
    if (own.place === null) return change.number < own.number;
    if (change.place === null) return false;
    const stream = { log: change.log, stream: change.place.stream };
    const viewing = { log: own.log, stream: own.place.stream };
    return this.#tables.seen.seenAt(viewing, own.place.seq, stream) >= change.place.seq;
  }

  #record(id: ChangeId): ChangeRecord {
    const record = this.#records.get(id) ?? this.#tables.changes.get(id);
    if (record === null) throw new Error(`no change ${id}`);
    this.#records.set(id, record);
    return record;
  }
}
