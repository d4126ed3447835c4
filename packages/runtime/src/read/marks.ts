import { type ChangeId, changeOf } from "@darksync/core/op-id";
import type { Assignment } from "@darksync/core/register";
import type { Mark } from "@darksync/core/status";
import type { LogName, Vector } from "@darksync/core/vector";
import type { ChangeRecord } from "../store/change-store.js";
import type { NameRow } from "../store/package-store.js";
import type { ReplicaTables } from "../store/store.js";

/** Tells the marks of definitions. Derived from vectors, so a mark cannot lie (L5). Make one for one reading. */
export class Marks {
  readonly #tables: ReplicaTables;
  readonly #records = new Map<string, ChangeRecord | null>();
  readonly #durable = new Map<LogName, Vector>();

  constructor(tables: ReplicaTables) {
    this.#tables = tables;
  }

  /** The first that holds of: conflict, failed, local, pending, synced. */
  markOf({ location, shown, isMerged, conflict }: NameRow): Mark {
    if (conflict !== null) return "conflict";
    if (shown === null) return "local";
    // What is merged is as far as the last of what it was merged from.
    const ids = isMerged ? shown.supersedes : [shown.id];
    const records = ids.map((id) => this.#record(changeOf(id)));
    if (records.some((record) => record !== null && record.parked !== null)) return "failed";
    if (records.every((record) => this.#isPlacedDurably(record))) return "synced";
    const isPartDurable = records.some((record) => this.#isPlacedDurably(record));
    return isPartDurable || this.#wasEverDurable(location, shown) ? "pending" : "local";
  }

  /** Whether the relay durably has a change. */
  isDurable(change: ChangeId): boolean {
    return this.#isPlacedDurably(this.#record(change));
  }

  #wasEverDurable(location: string, head: Assignment<"name">): boolean {
    const waiting = [...head.supersedes];
    const seen = new Set(waiting);
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const assignment = this.#tables.packages.assignment({ type: "name", key: location }, id);
      if (assignment === null) continue;
      if (this.isDurable(changeOf(assignment.id))) return true;
      for (const next of assignment.supersedes) {
        if (seen.has(next)) continue;
        seen.add(next);
        waiting.push(next);
      }
    }
    return false;
  }

  #record(change: ChangeId): ChangeRecord | null {
    let record = this.#records.get(change);
    if (record === undefined) {
      record = this.#tables.changes.get(change);
      this.#records.set(change, record);
    }
    return record;
  }

  #isPlacedDurably(record: ChangeRecord | null): boolean {
    if (record === null || record.place === null) return false;
    let durable = this.#durable.get(record.log);
    if (durable === undefined) {
      durable = this.#tables.durable.durable(record.log);
      this.#durable.set(record.log, durable);
    }
    return record.place.seq <= (durable.get(record.place.stream) ?? 0);
  }
}
