import { namingSourceOf } from "@darksync/core/fold";
import type { Location } from "@darksync/core/location";
import { linkedWith } from "@darksync/core/naming-source";
import { changeOf } from "@darksync/core/op-id";
import { lineageOf } from "../read/past.js";
import type { StoredSegment } from "../store/segment-store.js";
import type { ReplicaTables } from "../store/store.js";

/**
 * The sealed parts of the history, here or not, that hold what was named at the places of open conflicts: who settles
 * one, maybe offline, is told who wrote what and how it was settled before.
 */
export function segmentsInConflict(tables: ReplicaTables): readonly StoredSegment[] {
  const found = new Map<string, StoredSegment>();
  for (const location of placesOfConflicts(tables)) {
    for (const { assignment } of lineageOf(tables, { type: "name", key: location })) {
      const segment = segmentOfChange(tables, changeOf(assignment.id));
      if (segment !== null) found.set(segment.hash, segment);
    }
  }
  return [...found.values()];
}

function segmentOfChange({ changes, blocks, segments }: ReplicaTables, id: string): StoredSegment | null {
  const origin = changes.origin(id);
  if (origin === null || origin.place === null) return null;
  const number = blocks.segmentOf(origin.log, origin.place.stream, origin.place.seq);
  return number === null ? null : segments.get(origin.log, number);
}

function placesOfConflicts({ packages, dependencies }: ReplicaTables): ReadonlySet<Location> {
  const source = namingSourceOf(packages);
  const found = new Set<Location>();
  for (const { location } of packages.conflicts())
    if (!found.has(location)) for (const place of linkedWith(source, location)) found.add(place);
  for (const { definition, user } of dependencies.records()) found.add(definition).add(user);
  return found;
}
