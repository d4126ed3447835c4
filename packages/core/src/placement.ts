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
  /** The heads that stand for these moves where they started, and `joined`: what settling it supersedes there. */
  readonly origins: ReadonlyMap<Location, readonly OpId[]>;
}

// Heads times moves of linked locations: beyond that nothing is followed (O3.8).
const maxFollowings = 65_536;

type Placed = ReadonlyMap<Location, readonly OpId[]>;

/** Where the heads of linked locations belong. */
export interface Placement {
  /** Per location the heads that belong there, wherever they were written; one of each node, in order. */
  readonly placed: Placed;
  /** Per location the moves away from it that are heads. */
  readonly left: Placed;
  /** Per location the heads that another head there goes beyond. */
  readonly earlier: Placed;
  readonly divergences: readonly Divergence[];
}

/**
 * Finds where heads belong (O3): an edit, or a removal, follows the moves of its definition that its author had not
 * seen, repeatedly. Following goes by namings, which cannot go in a circle, and not by locations, which can.
 */
export function placeHeads(group: LinkGroup, graph: NamingGraph): Placement {
  const placed = new Map<Location, OpId[]>();
  const left = new Map<Location, OpId[]>();
  const earlier = new Map<Location, OpId[]>();
  const floating: Floating[] = [];
  const isFollowed = isWithinLimit(group, graph);
  for (const [location, { heads }] of group) {
    const distinct = oneOfEachNode(graph, heads);
    const latest = new Set(withoutEarlier(graph, distinct));
    for (const head of distinct) {
      if (!latest.has(head)) {
        put(earlier, location, head);
        continue;
      }
      if (graph.movedTo(head) !== null) {
        put(left, location, head);
        continue;
      }
      const places = isFollowed ? destinations(graph, head, location, null) : new Set([location]);
      const [only] = places;
      if (places.size === 1 && only !== undefined) put(placed, only, head);
      else floating.push({ head, places });
    }
  }
  const divergences = (isFollowed ? findDivergences(group, graph, placed) : []).map((open) => {
    const joins = ({ head }: Floating) => open.moves.some((move) => graph.isSameDefinition(head, move));
    const joined = floating.filter(joins).map(({ head }) => head);
    return { ...open, joined, origins: originsOf(group, graph, { ...open, joined }) };
  });
  const joined = new Set(divergences.flatMap((divergence) => divergence.joined));
  const apart = floating.filter(({ head }) => !joined.has(head));
  const homes = apart.map(({ head, places }) => ({ head, home: homeOf(graph, placed, head, places) }));
  for (const { head, home } of homes) put(placed, home, head);
  for (const heads of placed.values()) heads.sort();
  return { placed, left, earlier, divergences };
}

/** Whether it is little enough work to follow: each head that is no move may pass each move. */
function isWithinLimit(group: LinkGroup, graph: NamingGraph): boolean {
  let heads = 0;
  let moves = 0;
  for (const [location, lineage] of group) {
    heads += lineage.heads.filter(({ id }) => graph.movedTo(id) === null).length;
    moves += graph.movesFrom(location).length;
  }
  return heads * moves <= maxFollowings;
}

/** A head that followed moves to several places, or in a circle. */
interface Floating {
  readonly head: OpId;
  readonly places: ReadonlySet<Location>;
}

function oneOfEachNode(graph: NamingGraph, heads: readonly Assignment<"name">[]): readonly OpId[] {
  const least = new Map<Node, OpId>();
  for (const id of heads.map((head) => head.id).sort()) {
    const node = graph.nodeOf(id);
    if (!least.has(node)) least.set(node, id);
  }
  return [...least.values()];
}

/** The heads that no other of them goes beyond, be it by namings of equal target that count as one (O2.2). */
export function withoutEarlier(graph: NamingGraph, heads: readonly OpId[]): readonly OpId[] {
  if (heads.length < 2) return heads;
  const headOf = new Map(heads.map((id) => [graph.nodeOf(id), id]));
  const nodes = graph.nodesOf(heads);
  const earlier = new Set<OpId>();
  for (const later of headOf.values()) {
    for (const node of graph.ancestors(later).intersection(nodes)) {
      const id = headOf.get(node);
      // Namings of equal target that count as one may make two heads each other's ancestors: both stand.
      if (id !== undefined && id !== later && !graph.ancestors(id).has(graph.nodeOf(later))) earlier.add(id);
    }
  }
  return heads.filter((id) => !earlier.has(id));
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

/**
 * The places that a definition's moves which a naming's author had not seen lead to from a location. Each move is
 * followed once, however many ways lead to it. Where they only lead in a circle, it stays.
 */
function destinations(
  graph: NamingGraph,
  id: OpId,
  from: Location,
  cameBy: Node | null,
): ReadonlySet<Location> {
  const seen = graph.ancestors(id);
  const isUnseen = ({ node }: Move) => !seen.has(node) && graph.isSameDefinition(id, node);
  const found = new Set<Location>();
  const followed = new Set<Node>();
  const waiting: { readonly location: Location; readonly cameBy: Node | null }[] = [
    { location: from, cameBy },
  ];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const behind = at.cameBy === null ? null : graph.ancestors(at.cameBy);
    const onward = graph
      .movesFrom(at.location)
      .filter((move) => isUnseen(move) && move.node !== at.cameBy && behind?.has(move.node) !== true);
    if (onward.length === 0) found.add(at.location);
    for (const { node, to } of latest(graph, onward)) {
      if (followed.has(node)) continue;
      followed.add(node);
      waiting.push({ location: to, cameBy: node });
    }
  }
  return found.size === 0 ? new Set([from]) : found;
}

/** The moves that no other of them goes beyond. */
function latest(graph: NamingGraph, moves: readonly Move[]): readonly Move[] {
  return moves.filter(
    ({ node }) => !moves.some((other) => other.node !== node && graph.ancestors(other.node).has(node)),
  );
}

type OpenDivergence = Pick<Divergence, "places" | "moves">;

function findDivergences(group: LinkGroup, graph: NamingGraph, placed: Placed): readonly OpenDivergence[] {
  let found: readonly OpenDivergence[] = [];
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
      if (places.length >= 2)
        found = withDivergence(graph, found, { places, moves: open.map(({ node }) => node) });
    }
  }
  return found;
}

/** Adds a divergence; what diverged again where it had gone to is one with it. */
function withDivergence(
  graph: NamingGraph,
  found: readonly OpenDivergence[],
  next: OpenDivergence,
): readonly OpenDivergence[] {
  const [firstMove = ""] = next.moves;
  const isOne = ({ places, moves: [move = ""] }: OpenDivergence) =>
    places.some((place) => next.places.includes(place)) && graph.isSameDefinition(move, firstMove);
  const parts = [...found.filter(isOne), next];
  const places = [...new Set(parts.flatMap((part) => part.places))].sort();
  const moves = [...new Set(parts.flatMap((part) => part.moves))].sort();
  return [...found.filter((divergence) => !isOne(divergence)), { places, moves }];
}

function originsOf(
  group: LinkGroup,
  graph: NamingGraph,
  { moves, joined }: Pick<Divergence, "moves" | "joined">,
): Divergence["origins"] {
  const origins = new Map<Location, readonly OpId[]>();
  const starts = new Set(moves.map((move) => graph.locationOf(move)));
  const joinedNodes = new Set(joined.map((head) => graph.nodeOf(head)));
  for (const [location, { heads }] of group) {
    const isHere = (head: OpId) => {
      if (joinedNodes.has(graph.nodeOf(head))) return true;
      if (!starts.has(location)) return false;
      const history = graph.historyOf(head);
      return moves.some((move) => graph.locationOf(move) === location && history.has(move));
    };
    const ids = heads.map(({ id }) => id).filter(isHere);
    if (ids.length > 0) origins.set(location, ids.sort());
  }
  return origins;
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
  const places = new Set(moves.flatMap(({ node, to }) => [...destinations(graph, node, to, node)]));
  return [...places].filter((place) => livesAt(graph, placed, nodes, place)).sort();
}

function livesAt(graph: NamingGraph, placed: Placed, ids: readonly OpId[], place: Location): boolean {
  return (placed.get(place) ?? []).some(
    (head) =>
      graph.bindingOf(head).type === "definition" && ids.some((id) => graph.isSameDefinition(head, id)),
  );
}
