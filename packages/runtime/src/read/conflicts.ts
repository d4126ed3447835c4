import type { Conflict } from "@darksync/core/conflict";
import { namingSourceOf } from "@darksync/core/fold";
import { type JudgedName, judgeGroup } from "@darksync/core/judge";
import type { Location } from "@darksync/core/location";
import { failure, type Result, success } from "@darksync/core/result";
import { listDependencies } from "../dependency/records.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";

type Judge = Pick<Replica, "hash" | "language">;

/** All conflicts with their heads and bases, in order of location; one that is at several places once. */
export function listConflicts(replica: Judge, tables: ReplicaTables): readonly Conflict[] {
  const rows = tables.packages.conflicts();
  const recorded = new Map(rows.map(({ location, conflict }) => [location, conflict?.id ?? null]));
  const recordedAt = (location: Location) => recorded.get(location) ?? null;
  const listed = new Map<string, Conflict>();
  for (const { location, conflict } of rows)
    if (conflict !== null && !listed.has(conflict.id))
      listed.set(conflict.id, conflictOf(judgedBeside(replica, tables, location, recordedAt), location));
  const dependencies = listDependencies(replica, tables);
  if (dependencies.length === 0) return [...listed.values()];
  return [...listed.values(), ...dependencies].sort((left, right) =>
    left.location === right.location ? 0 : left.location < right.location ? -1 : 1,
  );
}

/** The conflict whose id begins like this. */
export function findConflict(replica: Judge, tables: ReplicaTables, idPrefix: string): Result<Conflict> {
  const rows = tables.packages.conflicts().filter(({ conflict }) => conflict?.id.startsWith(idPrefix));
  const dependencies = listDependencies(replica, tables).filter(({ id }) => id.startsWith(idPrefix));
  const [first] = rows;
  const [dependency] = dependencies;
  if (first === undefined && dependency === undefined) {
    return failure(
      "unknown-conflict",
      `there is no conflict ${idPrefix}`,
      "`darklang conflicts` lists them; it may be settled already.",
    );
  }
  if (new Set(rows.map(({ conflict }) => conflict?.id)).size + dependencies.length > 1)
    return failure("ambiguous-id", `${idPrefix} begins several ids`, "Give more digits.");
  return success(dependency ?? conflictAt(replica, tables, first?.location ?? ""));
}

/** What the heads that belong at a location come to now, or null if nothing was ever there. */
export function judgedAt(replica: Judge, tables: ReplicaTables, location: Location): JudgedName | null {
  const recordedAt = (place: Location) => tables.packages.nameRow(place)?.conflict?.id ?? null;
  return judgedBeside(replica, tables, location, recordedAt);
}

/** The same beside what is on record, which spares to merge again what is known to be in conflict. */
function judgedBeside(
  replica: Judge,
  { packages }: ReplicaTables,
  location: Location,
  recordedConflict: (location: Location) => string | null,
): JudgedName | null {
  const source = { ...namingSourceOf(packages), recordedConflict };
  return judgeGroup(replica, packages.branch, source, location).names.get(location) ?? null;
}

/** The conflict that a location is in; it must be in one. */
export function conflictAt(replica: Judge, tables: ReplicaTables, location: Location): Conflict {
  return conflictOf(judgedAt(replica, tables, location), location);
}

function conflictOf(judged: JudgedName | null, location: Location): Conflict {
  const conflict = judged?.conflict ?? null;
  if (conflict === null) throw new Error(`the conflict at ${location} is recorded but is none`);
  return conflict;
}
