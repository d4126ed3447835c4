import type { ContentHash } from "./content-hash.js";
import type { DefinitionText } from "./definition.js";
import type { Location } from "./location.js";
import { type ChangeId, changeOf, type OpId } from "./op-id.js";
import type { Assignment } from "./register.js";

/** Where namings are read from: the approved packages, a branch with what it builds on, or a moment of the past. */
export interface NamingSource {
  /** The heads of a location's name, in any order; those that another one's lineage goes beyond may be among them. */
  heads(location: Location): readonly Assignment<"name">[];
  /** A naming of the location, head or not; null if it has not arrived. */
  assignment(location: Location, id: OpId): Assignment<"name"> | null;
  /** Null if it is not held here. */
  text(hash: ContentHash): DefinitionText | null;
  /** Id of the conflict that is on record here: what is known to be one is not merged again to find that out. */
  recordedConflict?(location: Location): string | null;
}

/** A location's heads with all they descend from there, in the order of their ids. */
export interface NameLineage {
  readonly heads: readonly Assignment<"name">[];
  readonly assignments: ReadonlyMap<OpId, Assignment<"name">>;
}

/** Locations that moves link, each with its lineage; in order. */
export type LinkGroup = ReadonlyMap<Location, NameLineage>;

/** Locations that more moves than this link are judged each by itself, as if nothing had been moved (O3.8). */
const maxLinkingMoves: number = 256;

/**
 * The locations that are linked with one by moves, in whatever direction and over however many steps: what is
 * written at one of them may belong at another (O3.7). The same from wherever one starts. Null if more than
 * `maxLinkingMoves` moves link them.
 */
export function linkGroupOf(source: NamingSource, start: Location): LinkGroup | null {
  return groupUpTo(source, start, maxLinkingMoves);
}

/** All locations that moves link with one, however many. */
export function linkedWith(source: NamingSource, start: Location): Iterable<Location> {
  return groupUpTo(source, start, Number.POSITIVE_INFINITY)?.keys() ?? [];
}

function groupUpTo(source: NamingSource, start: Location, maxMoves: number): LinkGroup | null {
  const known = new Map<Location, LinkedLineage>();
  const at = (location: Location) => {
    const lineage = known.get(location) ?? withEnds(lineageOf(source, location));
    known.set(location, lineage);
    return lineage;
  };
  const group = new Map<Location, NameLineage>();
  const waiting = [start];
  let moves = 0;
  for (let location = waiting.pop(); location !== undefined; location = waiting.pop()) {
    if (group.has(location)) continue;
    const { lineage, departures, arrivals } = at(location);
    group.set(location, lineage);
    for (const { change, other } of departures.values()) {
      if (!at(other).arrivals.has(endKey(change, location))) continue;
      waiting.push(other);
      moves += 1;
    }
    if (moves > maxMoves) return null;
    for (const { change, other } of arrivals.values())
      if (at(other).departures.has(endKey(change, location))) waiting.push(other);
  }
  return new Map([...group].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** A location by itself, whatever moves link it with. */
export function loneGroup(source: NamingSource, location: Location): LinkGroup {
  return new Map([[location, lineageOf(source, location)]]);
}

/** One end of a move: the change that made it, and where its other end should be. */
interface MoveEnd {
  readonly change: ChangeId;
  readonly other: Location;
}

interface LinkedLineage {
  readonly lineage: NameLineage;
  readonly departures: ReadonlyMap<string, MoveEnd>;
  readonly arrivals: ReadonlyMap<string, MoveEnd>;
}

function withEnds(lineage: NameLineage): LinkedLineage {
  const departures = new Map<string, MoveEnd>();
  const arrivals = new Map<string, MoveEnd>();
  for (const { id, value } of lineage.assignments.values()) {
    const other = value.type === "definition" ? value.movedFrom : value.movedTo;
    if (other === null) continue;
    const change = changeOf(id);
    (value.type === "definition" ? arrivals : departures).set(endKey(change, other), { change, other });
  }
  return { lineage, departures, arrivals };
}

function endKey(change: ChangeId, other: Location): string {
  return `${change} ${other}`;
}

function lineageOf(source: NamingSource, location: Location): NameLineage {
  const heads = source.heads(location).toSorted(byId);
  const found = new Map<OpId, Assignment<"name">>();
  const waiting = [...heads];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next.id)) continue;
    found.set(next.id, next);
    for (const id of next.supersedes) {
      const parent = found.has(id) ? null : source.assignment(location, id);
      if (parent !== null) waiting.push(parent);
    }
  }
  // In one order, whatever order they came in.
  return { heads, assignments: new Map([...found.values()].sort(byId).map((each) => [each.id, each])) };
}

function byId(left: Assignment, right: Assignment): number {
  return left.id < right.id ? -1 : 1;
}
