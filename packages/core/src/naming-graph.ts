import type { Location } from "./location.js";
import type { LinkGroup, NameLineage } from "./naming-source.js";
import { NodeNumbers, NodeSet } from "./node-set.js";
import { changeOf, type OpId } from "./op-id.js";
import type { Assignment, Binding } from "./register.js";

/** What makes two namings of a location equal: the definition they bind, or that they bind nothing (O2.1). */
export function bindingKey(binding: Binding): string {
  return binding.type === "definition" ? `${binding.kind} ${binding.hash}` : "nothing";
}

/** One naming, or several of a location that count as one, named by the least id. */
export type Node = OpId;

/** A move away: the node binds nothing, since its definition went elsewhere. */
export interface Move {
  readonly node: Node;
  readonly to: Location;
}

/**
 * The history of linked locations as a graph. A node is one naming, or several that count as one: where the lineages
 * of a location's heads share no ancestor, namings of equal target in them do (O2). Two people who import the same
 * tree make one lineage by this. A naming's parents are what it supersedes, and, where it came by a move, the naming
 * of the same change that freed the place it came from.
 */
export class NamingGraph {
  readonly #assignments = new Map<OpId, Assignment<"name">>();
  readonly #locations = new Map<OpId, Location>();
  readonly #representative = new Map<OpId, OpId>();
  readonly #parents = new Map<Node, Set<Node>>();
  /** Of a naming that came by moves: the namings that freed the places it came from. */
  readonly #freed = new Map<Node, Set<Node>>();
  /** Changes with the locations that they bind. */
  readonly #arrivals = new Set<string>();
  readonly #moves = new Map<Location, Move[]>();
  readonly #ancestors = new Map<Node, NodeSet>();
  readonly #originsOf = new Map<Node, ReadonlySet<Node>>();
  readonly #numbers: NodeNumbers;

  constructor(group: LinkGroup) {
    for (const [location, lineage] of group) {
      for (const assignment of lineage.assignments.values()) {
        this.#assignments.set(assignment.id, assignment);
        this.#locations.set(assignment.id, location);
        if (assignment.value.type === "definition")
          this.#arrivals.add(`${changeOf(assignment.id)} ${location}`);
      }
    }
    for (const lineage of group.values()) this.#joinEqualTargets(lineage);
    this.#connect();
    this.#numbers = new NodeNumbers(this.#parents.keys());
  }

  /** The node that a naming belongs to. */
  nodeOf(id: OpId): Node {
    return this.#representative.get(id) ?? id;
  }

  /** A naming by its id; of a node, the one that names it. */
  assignmentOf(id: OpId): Assignment<"name"> {
    const assignment = this.#assignments.get(id);
    if (assignment === undefined) throw new Error(`no naming ${id}`);
    return assignment;
  }

  bindingOf(id: OpId): Binding {
    return this.assignmentOf(id).value;
  }

  /** Where a naming was written. */
  locationOf(id: OpId): Location {
    const location = this.#locations.get(id);
    if (location === undefined) throw new Error(`no naming ${id}`);
    return location;
  }

  /** Where a naming moved a definition to: its own change must bind it there, else it is a plain removal. */
  movedTo(id: OpId): Location | null {
    const { value } = this.assignmentOf(id);
    if (value.type === "definition" || value.movedTo === null) return null;
    return this.#arrivals.has(`${changeOf(id)} ${value.movedTo}`) ? value.movedTo : null;
  }

  /** The nodes that moved a definition away from a location. */
  movesFrom(location: Location): readonly Move[] {
    return this.#moves.get(location) ?? [];
  }

  /** The nodes before a naming's, that one left out unless the history goes in a circle. */
  ancestors(id: OpId): NodeSet {
    const node = this.nodeOf(id);
    const known = this.#ancestors.get(node);
    if (known !== undefined) return known;
    const [parent, ...others] = this.#parents.get(node) ?? [];
    // Many heads mostly come from one naming: what lies before that is looked for once.
    if (parent === undefined || others.length > 0) return this.#findAncestors(node);
    const found = (this.#ancestors.get(parent) ?? this.#findAncestors(parent)).with(parent);
    this.#ancestors.set(node, found);
    return found;
  }

  /** The node of a naming with all before it. */
  historyOf(id: OpId): NodeSet {
    return this.ancestors(id).with(this.nodeOf(id));
  }

  /** The nodes of some namings. */
  nodesOf(ids: readonly OpId[]): NodeSet {
    const nodes = new NodeSet(this.#numbers);
    for (const id of ids) nodes.add(this.nodeOf(id));
    return nodes;
  }

  /**
   * The nearest common ancestors of histories (sets of nodes that hold all before each of them): those from which no
   * other common ancestor descends. In order.
   */
  nearestCommonAncestors(histories: readonly NodeSet[]): readonly Node[] {
    const [first, ...others] = histories;
    if (first === undefined) return [];
    const common = [...others.reduce((left, right) => left.intersection(right), first)];
    // Whatever lies before a common ancestor is one too, so its parents tell all that is farther.
    const farther = new Set<Node>();
    for (const node of common) for (const parent of this.#parents.get(node) ?? []) farther.add(parent);
    return common.filter((node) => !farther.has(node)).sort();
  }

  /**
   * Whether two namings are of one definition: both descend, by edits and moves alone, from one naming that bound it.
   * What was put in place of a removed definition is another one.
   */
  isSameDefinition(left: OpId, right: OpId): boolean {
    const other = this.#origins(this.nodeOf(right));
    for (const node of this.#origins(this.nodeOf(left))) if (other.has(node)) return true;
    return false;
  }

  /** Whether a definition, or an earlier version of it, came to its location by a move. */
  cameByMove(id: OpId): boolean {
    const location = this.locationOf(id);
    const node = this.nodeOf(id);
    const earlier = new Set<Node>();
    const waiting = [node];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const parent of this.#identityParents(next)) {
        if (earlier.has(parent)) continue;
        earlier.add(parent);
        waiting.push(parent);
      }
    }
    return [node, ...earlier].some((each) => this.#freed.has(each) && this.locationOf(each) === location);
  }

  /** The first namings of what a node is of the same definition with. None where the history goes in a circle. */
  #origins(start: Node): ReadonlySet<Node> {
    const waiting = [start];
    for (let node = waiting.at(-1); node !== undefined; node = waiting.at(-1)) {
      const parents = [...this.#identityParents(node)];
      const unknown = parents.filter((parent) => !this.#originsOf.has(parent));
      const isEntered = this.#originsOf.has(node);
      if (!isEntered) this.#originsOf.set(node, new Set());
      if (!isEntered && unknown.length > 0) waiting.push(...unknown);
      else {
        waiting.pop();
        this.#originsOf.set(node, this.#originsAfter(node, parents));
      }
    }
    return this.#originsOf.get(start) ?? new Set();
  }

  #originsAfter(node: Node, parents: readonly Node[]): ReadonlySet<Node> {
    // Whoever removes where nothing is removes nothing that another could be the same with.
    if (parents.length === 0) return new Set(this.bindingOf(node).type === "definition" ? [node] : []);
    const [first = new Set<Node>(), ...others] = parents.map((parent) => this.#originsOf.get(parent));
    return others.length === 0 ? first : new Set([first, ...others].flatMap((each) => [...(each ?? [])]));
  }

  /** What of a node's parents is of the same definition: a new one may supersede what another left behind. */
  #identityParents(node: Node): Iterable<Node> {
    const freed = this.#freed.get(node) ?? new Set();
    const { value } = this.assignmentOf(node);
    // Whoever moves a definition to a place puts it in the stead of what was there.
    if (value.type === "definition" && value.movedFrom !== null && freed.size > 0) return freed;
    const parents = this.#latestKinds(this.#parents.get(node) ?? new Set());
    if (value.type === "definition")
      return parents.filter((parent) => freed.has(parent) || this.bindingOf(parent).type === "definition");
    // What has moved away is not removed by who frees the place once more.
    return this.movedTo(node) === null ? parents.filter((parent) => this.movedTo(parent) === null) : parents;
  }

  /** Where definitions and removals are superseded at once: without those that others of them supersede (O1). */
  #latestKinds(parents: ReadonlySet<Node>): readonly Node[] {
    const all = [...parents];
    if (new Set(all.map((parent) => this.bindingOf(parent).type)).size < 2) return all;
    const gone = new Set(all.flatMap((parent) => [...this.ancestors(parent)]));
    return all.filter((parent) => !gone.has(parent));
  }

  #findAncestors(start: Node): NodeSet {
    const found = new NodeSet(this.#numbers);
    const waiting = [start];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop())
      for (const parent of this.#parents.get(node) ?? []) if (found.add(parent)) waiting.push(parent);
    this.#ancestors.set(start, found);
    return found;
  }

  #connect(): void {
    const freedByChange = new Map<string, OpId[]>();
    for (const id of this.#assignments.keys()) {
      const to = this.movedTo(id);
      if (to === null) continue;
      const key = `${changeOf(id)} ${to}`;
      freedByChange.set(key, [...(freedByChange.get(key) ?? []), id]);
      if (this.nodeOf(id) === id) this.#addMove(this.locationOf(id), { node: id, to });
    }
    for (const { id, value, supersedes } of this.#assignments.values()) {
      const node = this.nodeOf(id);
      const location = this.locationOf(id);
      const parents = this.#parents.get(node) ?? new Set();
      // An id of another location supersedes nothing (O1.3).
      for (const parent of supersedes)
        if (this.#locations.get(parent) === location && this.nodeOf(parent) !== node)
          parents.add(this.nodeOf(parent));
      this.#parents.set(node, parents);
      if (value.type !== "definition") continue;
      for (const freed of freedByChange.get(`${changeOf(id)} ${this.locationOf(id)}`) ?? []) {
        parents.add(this.nodeOf(freed));
        this.#freed.set(node, (this.#freed.get(node) ?? new Set()).add(this.nodeOf(freed)));
      }
    }
  }

  #addMove(location: Location, move: Move): void {
    const moves = this.#moves.get(location);
    if (moves === undefined) this.#moves.set(location, [move]);
    else moves.push(move);
  }

  #joinEqualTargets(lineage: NameLineage): void {
    if (lineage.heads.length < 2) return;
    const namings = [...lineage.assignments.values()];
    const join = (type: Binding["type"], keyOf: (naming: Assignment<"name">) => string) =>
      this.#join(
        lineage,
        Map.groupBy(
          namings.filter(({ value }) => value.type === type),
          keyOf,
        ).values(),
      );
    join("definition", ({ value }) => bindingKey(value));
    // Removals are equal if they removed the same.
    join("nothing", ({ id, supersedes }) => {
      const removed = supersedes.filter((parent) => lineage.assignments.has(parent));
      const nodes = new Set(removed.map((parent) => this.nodeOf(parent)));
      return [...[...nodes].sort(), this.movedTo(id) ?? ""].join(" ");
    });
  }

  #join(lineage: NameLineage, equals: Iterable<readonly Assignment<"name">[]>): void {
    const component = componentsOf(lineage);
    const children = childrenOf(lineage);
    for (const equal of equals) {
      if (new Set(equal.map(({ id }) => component.get(id))).size < 2) continue;
      // Going back to an old target is an edit: of those in one line the first alone is what others have too.
      const later = descendantsOf(children, equal);
      const [first, ...others] = equal
        .map(({ id }) => id)
        .filter((id) => !later.has(id))
        .sort();
      if (first !== undefined) for (const other of others) this.#representative.set(other, first);
    }
  }
}

function childrenOf({ assignments }: NameLineage): ReadonlyMap<OpId, readonly OpId[]> {
  const children = new Map<OpId, OpId[]>([...assignments.keys()].map((id) => [id, []]));
  for (const { id, supersedes } of assignments.values())
    for (const parent of supersedes) children.get(parent)?.push(id);
  return children;
}

function descendantsOf(
  children: ReadonlyMap<OpId, readonly OpId[]>,
  namings: readonly Assignment<"name">[],
): ReadonlySet<OpId> {
  const found = new Set<OpId>();
  const waiting = namings.map(({ id }) => id);
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    for (const child of children.get(id) ?? []) {
      if (found.has(child)) continue;
      found.add(child);
      waiting.push(child);
    }
  }
  return found;
}

/** Which component each naming of a location is in: heads are in one if they share an ancestor. */
function componentsOf({ heads, assignments }: NameLineage): ReadonlyMap<OpId, number> {
  const neighbours = new Map<OpId, OpId[]>([...assignments.keys()].map((id) => [id, []]));
  for (const { id, supersedes } of assignments.values()) {
    for (const other of supersedes) {
      neighbours.get(other)?.push(id);
      if (neighbours.has(other)) neighbours.get(id)?.push(other);
    }
  }
  const component = new Map<OpId, number>();
  heads.forEach((head, number) => {
    const waiting = [head.id];
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      if (component.has(id)) continue;
      component.set(id, number);
      for (const neighbour of neighbours.get(id) ?? []) waiting.push(neighbour);
    }
  });
  return component;
}
