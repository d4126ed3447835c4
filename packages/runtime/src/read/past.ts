import { namingSourceOf } from "@darksync/core/fold";
import type { Location } from "@darksync/core/location";
import type { NamingSource } from "@darksync/core/naming-source";
import { type ChangeId, changeOf, type OpId } from "@darksync/core/op-id";
import type { Assignment, Register, RegisterType } from "@darksync/core/register";
import { failure, type Result, success } from "@darksync/core/result";
import type { ReplicaTables } from "../store/store.js";
import { findChange } from "./find-change.js";

/** A moment in this replica's past: what it had then, whatever came later. */
export interface Moment {
  /** Number of the last change that it had. */
  readonly number: number;
  /** The change that it is the moment of, if it was named by one: what replaced that was not yet, even if it came earlier. */
  readonly change: ChangeId | null;
}

const isoTime = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/** The moment that a time (ISO 8601; without a zone in local time) or the id of a change means. */
export function momentOf(tables: ReplicaTables, when: string): Result<Moment> {
  const timeMs = isoTime.test(when) ? Date.parse(when) : Number.NaN;
  if (!Number.isNaN(timeMs)) return success({ number: lastNumberAt(tables, timeMs), change: null });
  if (/^[0-9a-f]{4,64}$/.test(when)) {
    const found = findChange(tables, when);
    return found.ok ? success({ number: found.value.number, change: found.value.id }) : found;
  }
  return failure(
    "bad-time",
    `${when} is neither a time nor a change`,
    "Give a time like 2026-11-22T17:00 or an id from `darklang log`.",
  );
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
  const lineage = lineageOf(tables, { type: "name", key: location });
  const later = moment.change === null ? new Set<OpId>() : descendantsOf(lineage, moment.change);
  const past = lineage.filter(
    ({ number, assignment }) => number <= moment.number && !later.has(assignment.id),
  );
  const superseded = new Set(past.flatMap(({ assignment }) => assignment.supersedes));
  return past
    .map(({ assignment }) => assignment)
    .filter(({ id }) => !superseded.has(id))
    .sort((left, right) => (left.id < right.id ? -1 : 1));
}

/** The values that replaced one of a change, or a later one, in whatever order they came. */
function descendantsOf(lineage: readonly LineageEntry<"name">[], change: ChangeId): ReadonlySet<OpId> {
  const successors = new Map<OpId, OpId[]>();
  for (const { assignment } of lineage)
    for (const id of assignment.supersedes)
      successors.set(id, [...(successors.get(id) ?? []), assignment.id]);
  const found = new Set<OpId>();
  const waiting = lineage.map(({ assignment }) => assignment.id).filter((id) => changeOf(id) === change);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const id of successors.get(next) ?? []) {
      if (found.has(id)) continue;
      found.add(id);
      waiting.push(id);
    }
  }
  return found;
}

/** The packages as they were when locations had these heads. */
export function namingSourceAt(
  { packages }: ReplicaTables,
  heads: (location: Location) => readonly Assignment<"name">[],
): NamingSource {
  return { ...namingSourceOf(packages), heads };
}

/** An assignment of a register with the number of its change. */
export interface LineageEntry<Type extends RegisterType> {
  readonly number: number;
  readonly assignment: Assignment<Type>;
}

/** All values that a register ever had, the latest to arrive first. */
export function lineageOf<Type extends RegisterType>(
  tables: ReplicaTables,
  register: Register<Type>,
): readonly LineageEntry<Type>[] {
  const found = new Map<string, LineageEntry<Type>>();
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
