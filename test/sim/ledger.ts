import type { ChangeId } from "@darksync/core/op-id";
import type { Device } from "./device.ts";

/** A change that a device stored, from when its user may have been told that it is saved. */
export interface Saved {
  readonly id: ChangeId;
  readonly device: Device;
  readonly log: string;
  readonly atMs: number;
  /** Why it need not be anywhere any more, or null. */
  excuse: string | null;
}

/** What was saved, kept beside all stores: they are judged by it. */
export class Ledger {
  readonly saved = new Map<ChangeId, Saved>();

  /** Notes a save; one that was discarded and is queued again counts again. */
  add(entry: Omit<Saved, "excuse">): void {
    this.saved.set(entry.id, { ...entry, excuse: null });
  }

  /** Notes a save by what its user was told, unless the store was seen to have it. */
  addTold(entry: Omit<Saved, "excuse">): void {
    if (!this.saved.has(entry.id)) this.add(entry);
  }

  excuse(ids: Iterable<ChangeId>, why: string): void {
    for (const id of ids) {
      const entry = this.saved.get(id);
      if (entry !== undefined) entry.excuse = why;
    }
  }

  of(device: Device): readonly Saved[] {
    return [...this.saved.values()].filter((entry) => entry.device === device && entry.excuse === null);
  }
}
