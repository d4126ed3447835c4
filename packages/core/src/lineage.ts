import type { OpId } from "./op-id.js";
import type { Assignment, Binding } from "./register.js";

/** Finds a naming assignment of one location by id; null if it has not arrived. */
export type ReadNaming = (id: OpId) => Assignment<"name"> | null;

/** What makes two heads one: the definition they bind, or that they bind none (O2). */
function bindingKey(binding: Binding): string {
  return binding.type === "definition" ? `${binding.kind} ${binding.hash}` : "nothing";
}

/**
 * The history of a location's heads as a graph of nodes. A node is one assignment, or several that count as one:
 * where lineages share no ancestor, assignments of equal target in them do (O2). Two people who import the same
 * tree make one lineage by this, and an edit that only one of them made supersedes the other's import.
 */
export class Lineage {
  readonly #assignments = new Map<OpId, Assignment<"name">>();
  readonly #representative = new Map<OpId, OpId>();
  readonly #parents = new Map<OpId, Set<OpId>>();

  constructor(heads: readonly Assignment<"name">[], read: ReadNaming) {
    this.#load(heads, read);
    this.#joinEqualTargets(this.#components(heads));
    for (const assignment of this.#assignments.values()) {
      const node = this.nodeOf(assignment.id);
      const parents = this.#parents.get(node) ?? new Set();
      for (const id of assignment.supersedes) {
        if (this.#assignments.has(id) && this.nodeOf(id) !== node) parents.add(this.nodeOf(id));
      }
      this.#parents.set(node, parents);
    }
  }

  /** The node that an assignment belongs to, named by one of its assignments. */
  nodeOf(id: OpId): OpId {
    let node = id;
    for (let next = this.#representative.get(node); next !== undefined; next = this.#representative.get(node))
      node = next;
    return node;
  }

  /** The assignment that names a node. */
  assignmentOf(node: OpId): Assignment<"name"> {
    const assignment = this.#assignments.get(node);
    if (assignment === undefined) throw new Error(`no node ${node}`);
    return assignment;
  }

  /** Whether assignments of different lineages count as one. If not, no head can be behind another. */
  get isJoined(): boolean {
    return this.#representative.size > 0;
  }

  /** The nodes before this one, itself left out unless the history goes in a circle. */
  ancestors(node: OpId): ReadonlySet<OpId> {
    const found = new Set<OpId>();
    const waiting = [node];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const parent of this.#parents.get(next) ?? []) {
        if (found.has(parent)) continue;
        found.add(parent);
        waiting.push(parent);
      }
    }
    return found;
  }

  /** The nearest common ancestors of nodes: those from which no other common ancestor descends. */
  nearestCommonAncestors(nodes: readonly OpId[]): readonly OpId[] {
    let common: readonly OpId[] | null = null;
    for (const node of nodes) {
      const upTo = new Set(this.ancestors(node)).add(node);
      common = common === null ? [...upTo] : common.filter((ancestor) => upTo.has(ancestor));
    }
    if (common === null) return [];
    // Whatever lies before a common ancestor is one too, so its parents tell all that is farther.
    const farther = new Set<OpId>();
    for (const node of common) for (const parent of this.#parents.get(node) ?? []) farther.add(parent);
    return common.filter((node) => !farther.has(node)).sort();
  }

  #load(heads: readonly Assignment<"name">[], read: ReadNaming): void {
    const waiting = [...heads];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (this.#assignments.has(next.id)) continue;
      this.#assignments.set(next.id, next);
      for (const id of next.supersedes) {
        const parent = this.#assignments.has(id) ? null : read(id);
        if (parent !== null) waiting.push(parent);
      }
    }
  }

  /** Which component each assignment is in: heads are in one if they share an ancestor. */
  #components(heads: readonly Assignment<"name">[]): ReadonlyMap<OpId, number> {
    const neighbours = new Map<OpId, OpId[]>([...this.#assignments.keys()].map((id) => [id, []]));
    for (const { id, supersedes } of this.#assignments.values()) {
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

  #joinEqualTargets(component: ReadonlyMap<OpId, number>): void {
    const byTarget = new Map<string, OpId[]>();
    for (const { id, value } of this.#assignments.values()) {
      const key = bindingKey(value);
      const ids = byTarget.get(key);
      if (ids === undefined) byTarget.set(key, [id]);
      else ids.push(id);
    }
    for (const ids of byTarget.values()) {
      if (new Set(ids.map((id) => component.get(id))).size < 2) continue;
      const [first, ...others] = [...ids].sort();
      if (first !== undefined) for (const other of others) this.#representative.set(other, first);
    }
  }
}

/**
 * The heads that stand against each other: of equal ones the first by id, without those that another head's
 * lineage has gone beyond. In id order; never empty unless `heads` is.
 */
export function effectiveHeads(
  lineage: Lineage,
  heads: readonly Assignment<"name">[],
): readonly Assignment<"name">[] {
  const distinct = new Map<string, Assignment<"name">>();
  for (const head of [...heads].sort((left, right) => (left.id < right.id ? -1 : 1))) {
    const key = bindingKey(head.value);
    if (!distinct.has(key)) distinct.set(key, head);
  }
  const candidates = [...distinct.values()];
  if (!lineage.isJoined) return candidates;
  const behind = new Map(candidates.map((head) => [head, lineage.ancestors(lineage.nodeOf(head.id))]));
  const isBehind = (head: Assignment<"name">, other: Assignment<"name">) =>
    behind.get(other)?.has(lineage.nodeOf(head.id)) ?? false;
  return candidates.filter(
    (head) => !candidates.some((other) => other !== head && isBehind(head, other) && !isBehind(other, head)),
  );
}
