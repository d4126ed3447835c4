import type { ContentHash } from "./content-hash.js";
import type { DefinitionText } from "./definition.js";
import type { Location } from "./location.js";
import type { OpId } from "./op-id.js";
import type { Assignment } from "./register.js";

/** Where namings are read from: the approved packages, a branch with what it builds on, or a moment of the past. */
export interface NamingSource {
  /** The heads of a location's name, in any order; those that another one's lineage goes beyond may be among them. */
  heads(location: Location): readonly Assignment<"name">[];
  /** A naming of the location, head or not; null if it has not arrived. */
  assignment(location: Location, id: OpId): Assignment<"name"> | null;
  /** Null if it is not held here. */
  text(hash: ContentHash): DefinitionText | null;
}

/** A location's heads with all they descend from there. */
export interface NameLineage {
  readonly heads: readonly Assignment<"name">[];
  readonly assignments: ReadonlyMap<OpId, Assignment<"name">>;
}

/** Locations that moves link, each with its lineage. */
export type LinkGroup = ReadonlyMap<Location, NameLineage>;

/**
 * The locations that are linked with one by moves, in whatever direction and over however many steps: what is
 * written at one of them may belong at another (O3).
 */
export function linkGroupOf(source: NamingSource, start: Location): LinkGroup {
  const group = new Map<Location, NameLineage>();
  const waiting = [start];
  for (let location = waiting.pop(); location !== undefined; location = waiting.pop()) {
    if (group.has(location)) continue;
    const lineage = lineageOf(source, location);
    group.set(location, lineage);
    for (const { value } of lineage.assignments.values()) {
      const other = value.type === "definition" ? value.movedFrom : value.movedTo;
      if (other !== null) waiting.push(other);
    }
  }
  return group;
}

function lineageOf(source: NamingSource, location: Location): NameLineage {
  const heads = source.heads(location);
  const assignments = new Map<OpId, Assignment<"name">>();
  const waiting = [...heads];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (assignments.has(next.id)) continue;
    assignments.set(next.id, next);
    for (const id of next.supersedes) {
      const parent = assignments.has(id) ? null : source.assignment(location, id);
      if (parent !== null) waiting.push(parent);
    }
  }
  return { heads, assignments };
}
