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
  const listed = new Map<string, Conflict>();
  for (const { location, conflict } of tables.packages.conflicts())
    if (conflict !== null && !listed.has(conflict.id))
      listed.set(conflict.id, conflictAt(replica, tables, location));
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
export function judgedAt(replica: Judge, { packages }: ReplicaTables, location: Location): JudgedName | null {
  const recordedConflict = (place: Location) => packages.nameRow(place)?.conflict?.id ?? null;
  const source = { ...namingSourceOf(packages), recordedConflict };
  return judgeGroup(replica, packages.branch, source, location).names.get(location) ?? null;
}

/** The conflict that a location is in; it must be in one. */
export function conflictAt(replica: Judge, tables: ReplicaTables, location: Location): Conflict {
  const conflict = judgedAt(replica, tables, location)?.conflict ?? null;
  if (conflict === null) throw new Error(`the conflict at ${location} is recorded but is none`);
  return conflict;
}
