import type { Location } from "./location.js";
import type { Move, NamingGraph, Node } from "./naming-graph.js";
import type { LinkGroup } from "./naming-source.js";
import type { OpId } from "./op-id.js";
import type { Assignment } from "./register.js";

/** One definition that was moved to several places concurrently, and nobody who saw that has decided. */
export interface Divergence {
  /** Where it lives now, in order. */
  readonly places: readonly Location[];
  /** The moves that disagree. */
  readonly moves: readonly Node[];
  /** Heads that belong to it and followed the moves: to several places, hence to none of them. */
  readonly joined: readonly OpId[];
}

type Placed = ReadonlyMap<Location, readonly OpId[]>;

/** Where the heads of linked locations belong. */
export interface Placement {
  /** Per location the heads that belong there, wherever they were written; one of each node, in order. */
  readonly placed: Placed;
  /** Per location the moves away from it that are heads. */
  readonly left: Placed;
  readonly divergences: readonly Divergence[];
}

/**
 * Finds where heads belong (O3): an edit, or a removal, follows the moves of its definition that its author had not
 * seen, repeatedly. Following goes by namings, which cannot go in a circle, and not by locations, which can.
 */
export function placeHeads(group: LinkGroup, graph: NamingGraph): Placement {
  const placed = new Map<Location, OpId[]>();
  const left = new Map<Location, OpId[]>();
  const floating: { readonly head: OpId; readonly places: ReadonlySet<Location> }[] = [];
  for (const [location, { heads }] of group) {
    for (const head of oneOfEachNode(graph, heads)) {
      if (graph.movedTo(head) !== null) {
        put(left, location, head);
        continue;
      }
      const places = destinations(graph, head, location, new Set());
      const [only] = places;
      if (places.size === 1 && only !== undefined) put(placed, only, head);
      else floating.push({ head, places });
    }
  }
  const divergences = findDivergences(group, graph, placed);
  for (const { head, places } of floating) {
    const joins = divergences.find(({ moves }) => moves.some((move) => graph.isSameDefinition(head, move)));
    if (joins !== undefined) joins.joined.push(head);
    else put(placed, homeOf(graph, placed, head, places), head);
  }
  for (const heads of placed.values()) heads.sort();
  return { placed, left, divergences };
}

function oneOfEachNode(graph: NamingGraph, heads: readonly Assignment<"name">[]): readonly OpId[] {
  const least = new Map<Node, OpId>();
  for (const id of heads.map((head) => head.id).sort()) {
    const node = graph.nodeOf(id);
    if (!least.has(node)) least.set(node, id);
  }
  return [...least.values()];
}

/** Where a head goes that followed to several places of which all but one, or all, were given up since. */
function homeOf(graph: NamingGraph, placed: Placed, head: OpId, places: ReadonlySet<Location>): Location {
  const sorted = [...places].sort();
  const home = sorted.find((place) => livesAt(graph, placed, [head], place)) ?? sorted[0];
  if (home === undefined) throw new Error("a head that goes nowhere");
  return home;
}

function put(placed: Map<Location, OpId[]>, location: Location, head: OpId): void {
  const heads = placed.get(location);
  if (heads === undefined) placed.set(location, [head]);
  else heads.push(head);
}

/** The places that a definition's moves which a naming's author had not seen lead to from a location. */
function destinations(
  graph: NamingGraph,
  id: OpId,
  from: Location,
  taken: ReadonlySet<Node>,
): ReadonlySet<Location> {
  const ancestors = graph.ancestors(id);
  const unseen = graph
    .movesFrom(from)
    .filter(
      (move) => !taken.has(move.node) && !ancestors.has(move.node) && graph.isSameDefinition(id, move.node),
    );
  if (unseen.length === 0) return new Set([from]);
  const all = new Set([...taken, ...unseen.map((move) => move.node)]);
  return new Set(latest(graph, unseen).flatMap(({ to }) => [...destinations(graph, id, to, all)]));
}

/** The moves that no other of them goes beyond. */
function latest(graph: NamingGraph, moves: readonly Move[]): readonly Move[] {
  return moves.filter(
    ({ node }) => !moves.some((other) => other.node !== node && graph.ancestors(other.node).has(node)),
  );
}

type OpenDivergence = Divergence & { readonly joined: OpId[] };

function findDivergences(group: LinkGroup, graph: NamingGraph, placed: Placed): readonly OpenDivergence[] {
  const found: OpenDivergence[] = [];
  for (const [location, { heads }] of group) {
    const moves = latest(graph, graph.movesFrom(location));
    if (moves.length < 2) continue;
    const histories = heads.map(({ id }) => graph.historyOf(id));
    const isSettled = (one: Move, other: Move) =>
      histories.some((history) => history.has(one.node) && history.has(other.node));
    for (const together of ofOneDefinition(graph, moves)) {
      const open = together.filter((move) =>
        together.some((other) => other !== move && !isSettled(move, other)),
      );
      const places = livePlaces(graph, placed, open);
      if (places.length >= 2) found.push({ places, moves: open.map(({ node }) => node), joined: [] });
    }
  }
  return found;
}

function ofOneDefinition(graph: NamingGraph, moves: readonly Move[]): readonly (readonly Move[])[] {
  const groups: Move[][] = [];
  for (const move of moves) {
    const group = groups.find(
      ([first]) => first !== undefined && graph.isSameDefinition(first.node, move.node),
    );
    if (group === undefined) groups.push([move]);
    else group.push(move);
  }
  return groups;
}

function livePlaces(graph: NamingGraph, placed: Placed, moves: readonly Move[]): readonly Location[] {
  const nodes = moves.map(({ node }) => node);
  const places = new Set(
    moves.flatMap(({ node, to }) => [...destinations(graph, node, to, new Set([node]))]),
  );
  return [...places].filter((place) => livesAt(graph, placed, nodes, place)).sort();
}

function livesAt(graph: NamingGraph, placed: Placed, ids: readonly OpId[], place: Location): boolean {
  return (placed.get(place) ?? []).some(
    (head) =>
      graph.bindingOf(head).type === "definition" && ids.some((id) => graph.isSameDefinition(head, id)),
  );
}
