import { decodeChange } from "@darksync/core/change";
import type { Location } from "@darksync/core/location";
import type { Op } from "@darksync/core/op/op";
import type { ChangeId } from "@darksync/core/op-id";
import { ChangeReader } from "../replica/change-bytes.js";
import type { Replica } from "../replica/replica.js";
import type { ChangeRecord } from "../store/change-store.js";
import type { ReplicaTables } from "../store/store.js";
import { authorOf } from "./members.js";
import { lineageOf } from "./past.js";

/** A change as people see it. */
export interface HistoryEntry {
  readonly id: ChangeId;
  readonly author: string;
  readonly timeMs: number;
  /** Whether its author's clock was far ahead of this device's. */
  readonly isSkewed: boolean;
  readonly log: string;
  readonly ops: readonly Op[];
  readonly state: "pending" | "synced" | "failed";
  /** Why it counts for nothing yet, or null (O7). */
  readonly setAside: string | null;
}

/** The latest changes, newest first; of one location, if given. */
export function readHistory(
  replica: Pick<Replica, "compression">,
  tables: ReplicaTables,
  limit: number,
  location: Location | null = null,
): readonly HistoryEntry[] {
  const reader = new ChangeReader(tables, replica.compression);
  return recordsOf(tables, limit, location).map((record) => entryOf(tables, reader, record));
}

function recordsOf(tables: ReplicaTables, limit: number, location: Location | null): readonly ChangeRecord[] {
  if (location === null) return tables.changes.latest(limit);
  const numbers = [...new Set(lineageOf(tables, location).map(({ number }) => number))].slice(0, limit);
  return numbers.map((number) => tables.changes.byNumber(number)).filter((record) => record !== null);
}

function entryOf(tables: ReplicaTables, reader: ChangeReader, record: ChangeRecord): HistoryEntry {
  const decoded = decodeChange(reader.bytesOf(record));
  return {
    id: record.id,
    author: authorOf(tables, record.device),
    timeMs: record.time.wallMs,
    isSkewed: record.isSkewed,
    log: record.log,
    ops: decoded.type === "change" ? decoded.change.ops : [],
    state: stateOf(tables, record),
    setAside: record.setAside,
  };
}

function stateOf(tables: ReplicaTables, { parked, place, log }: ChangeRecord): HistoryEntry["state"] {
  if (parked !== null) return "failed";
  const durable = place === null ? 0 : (tables.durable.durable(log).get(place.stream) ?? 0);
  return place !== null && place.seq <= durable ? "synced" : "pending";
}
