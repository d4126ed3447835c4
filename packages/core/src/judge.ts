import { type Conflict, type ConflictKind, conflictId } from "./conflict.js";
import type { ContentHash } from "./content-hash.js";
import type { DefinitionText } from "./definition.js";
import type { NameView } from "./fold-store.js";
import type { Location } from "./location.js";
import { HeadMerge, type MergePorts } from "./merge-heads.js";
import { bindingKey, NamingGraph } from "./naming-graph.js";
import { type LinkGroup, linkGroupOf, loneGroup, type NamingSource } from "./naming-source.js";
import type { OpId } from "./op-id.js";
import { type Divergence, type Placement, placeHeads, withoutEarlier } from "./placement.js";
import type { Assignment } from "./register.js";

/** What the heads that belong at a location come to. */
export interface JudgedName {
  readonly view: NameView;
  readonly conflict: Conflict | null;
  /** The text that is shown, where merging made it. */
  readonly mergedText: DefinitionText | null;
  /**
   * The heads that a new naming of the location replaces, by where they were written. Where that is elsewhere, the
   * same change has to free that place anew, in favour of this one.
   */
  readonly replaces: ReadonlyMap<Location, readonly Assignment<"name">[]>;
}

/** What linked locations come to. */
export interface JudgedGroup {
  readonly names: ReadonlyMap<Location, JudgedName>;
  /** Texts that merging lacked: when they arrive, the group is to be judged again. */
  readonly missing: ReadonlySet<ContentHash>;
  /** Whether too many moves link the location: then it was judged by itself, and so is every other one (O3.8). */
  readonly isAlone: boolean;
}

/** Judges a location and all that moves link it with: what each shows, and the conflicts (O2, O3, O5). */
export function judgeGroup(
  ports: MergePorts,
  branch: string,
  source: NamingSource,
  start: Location,
): JudgedGroup {
  const group = linkGroupOf(source, start);
  return group === null
    ? judgeAlone(ports, branch, source, start)
    : judge(ports, branch, source, group, false);
}

/** Judges a location as if nothing had been moved to it or away from it (O3.8). */
export function judgeAlone(
  ports: MergePorts,
  branch: string,
  source: NamingSource,
  location: Location,
): JudgedGroup {
  return judge(ports, branch, source, loneGroup(source, location), true);
}

function judge(
  ports: MergePorts,
  branch: string,
  source: NamingSource,
  group: LinkGroup,
  isAlone: boolean,
): JudgedGroup {
  const graph = new NamingGraph(group);
  const placement = placeHeads(group, graph);
  const isLinked = group.size > 1 && [...group.values()].some(({ heads }) => heads.length > 1);
  const missing = new Set<ContentHash>();
  const names = new Map<Location, JudgedName>();
  for (const location of group.keys()) {
    const judge = new NameJudge(ports, branch, source, graph, location);
    names.set(location, judge.judge(group, placement, isLinked));
    for (const hash of judge.missing) missing.add(hash);
  }
  for (const divergence of placement.divergences)
    addMoveMove(ports, branch, graph, names, placement, divergence);
  return { names, missing, isAlone };
}

/** Judges one location of a group. */
class NameJudge {
  readonly missing: ReadonlySet<ContentHash>;
  readonly #ports: MergePorts;
  readonly #branch: string;
  readonly #graph: NamingGraph;
  readonly #location: Location;
  readonly #merge: HeadMerge;
  readonly #source: NamingSource;

  constructor(
    ports: MergePorts,
    branch: string,
    source: NamingSource,
    graph: NamingGraph,
    location: Location,
  ) {
    this.#ports = ports;
    this.#branch = branch;
    this.#graph = graph;
    this.#location = location;
    this.#source = source;
    this.#merge = new HeadMerge(ports, graph, (hash) => source.text(hash), location);
    this.missing = this.#merge.missing;
  }

  judge(group: LinkGroup, placement: Placement, isLinked: boolean): JudgedName {
    const { placed, left } = placement;
    const away = left.get(this.#location) ?? [];
    const here = placed.get(this.#location) ?? [];
    const standing = standingHeads(this.#graph, [...here, ...this.#removals(away, here)].sort());
    const replaces = this.#replaces(group, placement);
    const settled = { conflict: null, mergedText: null, replaces };
    if (standing.length < 2) {
      const id = standing[0] ?? away[0];
      const shown = id === undefined ? null : this.#shownAs(id, standing);
      const isMerged = id !== undefined && !this.#isHere(id);
      return { ...settled, view: { shown, isMerged, conflict: null, isLinked } };
    }
    const recorded = this.#recordedConflict(standing);
    const merged = recorded !== null || this.#isNameTaken(standing) ? null : this.#merge.merge(standing);
    if (merged !== null) {
      const mergedText = merged.type === "definition" ? this.#merge.textOf(merged.hash) : null;
      const [id = ""] = standing;
      const shown = { id, value: merged, supersedes: standing };
      return { ...settled, view: { shown, isMerged: true, conflict: null, isLinked }, mergedText };
    }
    const conflict = recorded ?? this.#conflictOf(standing);
    const pick = standing.find((id) => this.#graph.bindingOf(id).type === "definition") ?? standing[0] ?? "";
    const summary = { id: conflict.id, kind: conflict.kind };
    const shown = this.#shownAs(pick, [pick]);
    const view = { shown, isMerged: !this.#isHere(pick), conflict: summary, isLinked };
    return { ...settled, view, conflict };
  }

  /** The moves that left a definition behind as removed: another one came in its place, and it was that which moved. */
  #removals(away: readonly OpId[], here: readonly OpId[]): readonly OpId[] {
    const graph = this.#graph;
    return away.filter((move) =>
      here.some((head) => {
        if (graph.isSameDefinition(head, move) || this.#cameAfterIt(head, move)) return false;
        const parted = graph.nearestCommonAncestors([graph.historyOf(head), graph.historyOf(move)]);
        return parted.some((node) => graph.bindingOf(node).type === "definition");
      }),
    );
  }

  /** Whether a head was put here when the definition of a move had left by another one: it took nothing's place. */
  #cameAfterIt(head: OpId, move: OpId): boolean {
    const graph = this.#graph;
    const before = graph.ancestors(head);
    return graph
      .movesFrom(this.#location)
      .some(({ node }) => before.has(node) && graph.isSameDefinition(node, move));
  }

  #isHere(id: OpId): boolean {
    return this.#graph.locationOf(id) === this.#location;
  }

  /** A head; one that was written elsewhere, as if it stood here in place of some heads. */
  #shownAs(id: OpId, standing: readonly OpId[]): Assignment<"name"> {
    if (this.#isHere(id)) return this.#graph.assignmentOf(id);
    return { id, value: this.#graph.bindingOf(id), supersedes: standing };
  }

  /** Two definitions at one place, of which one at least came by a move. */
  #isNameTaken(standing: readonly OpId[]): boolean {
    const graph = this.#graph;
    const definitions = standing.filter((id) => graph.bindingOf(id).type === "definition");
    const isOne = definitions.every((id) => graph.isSameDefinition(id, definitions[0] ?? id));
    const isMoved = (id: OpId) => graph.locationOf(id) !== this.#location || graph.cameByMove(id);
    return !isOne && definitions.some(isMoved);
  }

  /** The conflict of these heads, if that is on record: merging them would only come to it again. */
  #recordedConflict(standing: readonly OpId[]): Conflict | null {
    const id = this.#source.recordedConflict?.(this.#location) ?? null;
    if (id === null) return null;
    const conflict = this.#conflictOf(standing);
    return conflict.id === id ? conflict : null;
  }

  #conflictOf(standing: readonly OpId[]): Conflict {
    const graph = this.#graph;
    const bases = graph.nearestCommonAncestors(standing.map((id) => graph.historyOf(id)));
    const hadDefinition = bases.some((node) => graph.bindingOf(node).type === "definition");
    const kind = this.#isNameTaken(standing) ? "name-taken" : kindOf(graph, standing, hadDefinition);
    const [base] = bases.length === 1 ? bases : [];
    return {
      id: conflictId(this.#ports.hash, this.#branch, kind, [this.#location], standing),
      kind,
      location: this.#location,
      locations: [this.#location],
      heads: headsOf(graph, standing),
      base: base === undefined ? null : graph.assignmentOf(base),
    };
  }

  #replaces(
    group: LinkGroup,
    { placed, left, earlier }: Placement,
  ): ReadonlyMap<Location, readonly Assignment<"name">[]> {
    const graph = this.#graph;
    const nodesOf = (ids: readonly OpId[] = []) => new Set(ids.map((id) => graph.nodeOf(id)));
    const belonging = placed.get(this.#location) ?? [];
    const here = nodesOf(belonging);
    const replaces = new Map<Location, readonly Assignment<"name">[]>();
    for (const location of [
      ...new Set([this.#location, ...belonging.map((id) => graph.locationOf(id))]),
    ].sort()) {
      const heads = group.get(location)?.heads ?? [];
      const gone = nodesOf([...(left.get(location) ?? []), ...(earlier.get(location) ?? [])]);
      const own = heads.filter(({ id }) => here.has(graph.nodeOf(id)));
      replaces.set(location, [...own, ...heads.filter(({ id }) => gone.has(graph.nodeOf(id)))]);
    }
    return replaces;
  }
}

/** The heads that stand against each other: of equal ones the first by id, without those that another goes beyond. */
function standingHeads(graph: NamingGraph, heads: readonly OpId[]): readonly OpId[] {
  const distinct = new Map<string, OpId>();
  for (const id of withoutEarlier(graph, heads)) {
    const key = bindingKey(graph.bindingOf(id));
    if (!distinct.has(key)) distinct.set(key, id);
  }
  const standing = [...distinct.values()];
  return standing.filter((id) => !isDoneAlready(graph, id, standing));
}

/** Whether it removes a definition that is gone from here anyway, since only others that came by a move stand. */
function isDoneAlready(graph: NamingGraph, id: OpId, standing: readonly OpId[]): boolean {
  if (graph.bindingOf(id).type === "definition") return false;
  const definitions = standing.filter((other) => graph.bindingOf(other).type === "definition");
  return (
    definitions.length > 0 &&
    definitions.every((other) => !graph.isSameDefinition(id, other) && graph.cameByMove(other))
  );
}

// The order is the precedence of SPEC.md O3.2. Where the base is a deletion, nobody edited anything: both created.
function kindOf(graph: NamingGraph, heads: readonly OpId[], hadDefinition: boolean): ConflictKind {
  const kinds = new Set(
    heads.map((id) => {
      const binding = graph.bindingOf(id);
      return binding.type === "definition" ? binding.kind : "nothing";
    }),
  );
  if (kinds.has("nothing")) return "edit-delete";
  if (!hadDefinition) return "both-created";
  return kinds.size > 1 ? "kind-changed" : "edit-edit";
}

function headsOf(graph: NamingGraph, ids: readonly OpId[]): Conflict["heads"] {
  return ids.map((id) => ({ ...graph.assignmentOf(id), location: graph.locationOf(id) }));
}

/** Records that one definition is at several places. Conflicts of the places themselves come first. */
function addMoveMove(
  { hash }: MergePorts,
  branch: string,
  graph: NamingGraph,
  names: Map<Location, JudgedName>,
  { placed }: Placement,
  { places, moves, joined }: Divergence,
): void {
  if (places.some((place) => names.get(place)?.conflict !== null)) return;
  const ofDefinition = (id: OpId) => moves.some((move) => graph.isSameDefinition(id, move));
  const standing = places.flatMap((place) =>
    standingHeads(graph, placed.get(place) ?? []).filter(ofDefinition),
  );
  const heads = [...standing, ...joined].sort();
  const bases = graph.nearestCommonAncestors(heads.map((id) => graph.historyOf(id)));
  const [base] = bases.length === 1 ? bases : [];
  const [location = ""] = places;
  const kind = "move-move";
  const conflict: Conflict = {
    id: conflictId(hash, branch, kind, places, heads),
    kind,
    location,
    locations: places,
    heads: headsOf(graph, heads),
    base: base === undefined ? null : graph.assignmentOf(base),
  };
  for (const place of places) {
    const name = names.get(place);
    if (name === undefined) continue;
    const view = { ...name.view, conflict: { id: conflict.id, kind } } as const;
    names.set(place, { ...name, view, conflict });
  }
}
