import type { Location } from "@darksync/core/location";
import { changeOf } from "@darksync/core/op-id";
import type { Assignment } from "@darksync/core/register";
import { failure, type Result, success } from "@darksync/core/result";
import type { ReplicaTables } from "../store/store.js";
import { findChange } from "./find-change.js";

/** A moment in this replica's past: what it had then, whatever came later. */
export interface Moment {
  /** Number of the last change that it had. */
  readonly number: number;
}

/** The moment that a time (ISO 8601, or anything the platform's Date reads) or the id of a change means. */
export function momentOf(tables: ReplicaTables, when: string): Result<Moment> {
  if (/^[0-9a-f]{6,64}$/.test(when)) {
    const found = findChange(tables, when);
    if (found.ok) return success({ number: found.value.number });
    if (found.problem.code === "ambiguous-id") return found;
  }
  const timeMs = Date.parse(when);
  if (Number.isNaN(timeMs)) {
    return failure(
      "bad-time",
      `${when} is neither a time nor a change`,
      "Give a time like 2026-11-22T17:00 or an id from `darklang log`.",
    );
  }
  return success({ number: lastNumberAt(tables, timeMs) });
}

// Numbers and times of receipt grow together, so the number is found by halving.
function lastNumberAt(tables: ReplicaTables, timeMs: number): number {
  let low = 0;
  let high = tables.changes.latest(1)[0]?.number ?? 0;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const record = tables.changes.after(middle - 1, 1)[0];
    if (record !== undefined && record.receivedAtMs <= timeMs && record.number <= high)
      low = Math.max(middle, record.number);
    else high = middle - 1;
  }
  return low;
}

/** The heads that a location had at a moment, in id order. */
export function headsAt(
  tables: ReplicaTables,
  location: Location,
  moment: Moment,
): readonly Assignment<"name">[] {
  const past = lineageOf(tables, location).filter((entry) => entry.number <= moment.number);
  const superseded = new Set(past.flatMap(({ assignment }) => assignment.supersedes));
  return past.map(({ assignment }) => assignment).filter(({ id }) => !superseded.has(id));
}

/** An assignment of a location with the number of its change. */
export interface LineageEntry {
  readonly number: number;
  readonly assignment: Assignment<"name">;
}

/** All naming ops that a location ever had, the latest to arrive first. */
export function lineageOf(tables: ReplicaTables, location: Location): readonly LineageEntry[] {
  const register = { type: "name", key: location } as const;
  const found = new Map<string, LineageEntry>();
  const waiting = [...tables.packages.heads(register)];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next.id)) continue;
    const number = tables.changes.get(changeOf(next.id))?.number ?? 0;
    found.set(next.id, { number, assignment: next });
    for (const id of next.supersedes) {
      const earlier = found.has(id) ? null : tables.packages.assignment(register, id);
      if (earlier !== null) waiting.push(earlier);
    }
  }
  return [...found.values()].sort((left, right) => right.number - left.number);
}
