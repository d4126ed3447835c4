import type { Location } from "./location.js";
import { NamingGraph } from "./naming-graph.js";
import { linkGroupOf, loneGroup, type NamingSource } from "./naming-source.js";
import type { OpId } from "./op-id.js";
import { placeHeads } from "./placement.js";
import type { Assignment } from "./register.js";

/** One definition at several places (`move-move`), with what a change has to supersede beside them to settle that. */
export interface Scattering {
  /** The places, each with the heads that belong there. */
  readonly places: ReadonlyMap<Location, readonly OpId[]>;
  /** Where the moves that disagree started, in order. */
  readonly origins: readonly Origin[];
  /** Heads that followed the moves to several places, hence to none of them. */
  readonly joined: readonly OpId[];
}

/** Where moves that disagree started, or where something was written that followed them. */
export interface Origin {
  readonly location: Location;
  /** The heads that stand for these moves, or followed several of them. */
  readonly heads: readonly Assignment<"name">[];
  /** Whether one of these heads put another definition there since. */
  readonly isTaken: boolean;
}

/** The scattering that a location is a place or an origin of, or null. */
export function scatteringAt(source: NamingSource, location: Location): Scattering | null {
  const group = linkGroupOf(source, location) ?? loneGroup(source, location);
  const graph = new NamingGraph(group);
  const { placed, divergences } = placeHeads(group, graph);
  const found = divergences.find((each) => each.places.includes(location) || each.origins.has(location));
  if (found === undefined) return null;
  const joined = new Set(found.joined.map((id) => graph.nodeOf(id)));
  const isNew = ({ id, value }: Assignment<"name">) =>
    value.type === "definition" && !joined.has(graph.nodeOf(id));
  return {
    places: new Map(found.places.map((place) => [place, placed.get(place) ?? []])),
    origins: [...found.origins].map(([origin, ids]) => {
      const heads = ids.map((id) => graph.assignmentOf(id));
      return { location: origin, heads, isTaken: heads.some(isNew) };
    }),
    joined: found.joined,
  };
}
