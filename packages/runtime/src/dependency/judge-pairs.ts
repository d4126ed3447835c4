import {
  type DependencySource,
  type DependencyVerdict,
  judgeDependency,
  type Standing,
  standingOf,
} from "@darksync/core/dependency";
import { namingSourceOf } from "@darksync/core/fold";
import { judgeGroup } from "@darksync/core/judge";
import type { Location } from "@darksync/core/location";
import type { MergePorts } from "@darksync/core/merge-heads";
import { NamingGraph } from "@darksync/core/naming-graph";
import { linkGroupOf, loneGroup } from "@darksync/core/naming-source";
import type { ChangeId, OpId } from "@darksync/core/op-id";
import type { Assignment } from "@darksync/core/register";
import type { DependencyPair } from "../store/dependency-store.js";
import type { ReplicaTables } from "../store/store.js";
import { isContested } from "./namings.js";
import { Sight } from "./sight.js";

/** Judges pairs as the tables of one transaction stand, and reads a location once however many pairs it is part of. */
export class PairJudge {
  readonly #ports: MergePorts;
  readonly #source: TablesSource;

  constructor(ports: MergePorts, tables: ReplicaTables) {
    this.#ports = ports;
    this.#source = new TablesSource(ports, tables);
  }

  judge({ definition, user }: DependencyPair): DependencyVerdict | null {
    return judgeDependency(this.#ports, this.#source, definition, user);
  }

  /** What stands at a location; null while it is in a conflict of its own. */
  standing(location: Location): Standing | null {
    return this.#source.standing(location);
  }
}

class TablesSource implements DependencySource {
  readonly #ports: MergePorts;
  readonly #tables: ReplicaTables;
  readonly #sight: Sight;
  readonly #standing = new Map<Location, Standing | null>();
  readonly #versions = new Map<Location, ReadonlyMap<OpId, readonly OpId[]>>();

  constructor(ports: MergePorts, tables: ReplicaTables) {
    this.#ports = ports;
    this.#tables = tables;
    this.#sight = new Sight(tables);
  }

  standing(location: Location): Standing | null {
    const known = this.#standing.get(location);
    if (known !== undefined) return known;
    const standing = this.#readStanding(location);
    this.#standing.set(location, standing);
    return standing;
  }

  isContested(location: Location): boolean {
    return isContested(this.#tables.packages, location);
  }

  isBound(location: Location): boolean {
    return this.#tables.packages.nameRow(location)?.shown?.value.type === "definition";
  }

  assignment(location: Location, id: OpId): Assignment<"name"> | null {
    return this.#tables.packages.assignment({ type: "name", key: location }, id);
  }

  sameVersion(location: Location, id: OpId): readonly OpId[] {
    // Only lineages of several heads can be unconnected.
    if (this.#tables.packages.heads({ type: "name", key: location }).length < 2) return [id];
    const known = this.#versions.get(location);
    const versions = known ?? this.#readVersions(location);
    if (known === undefined) this.#versions.set(location, versions);
    return versions.get(id) ?? [id];
  }

  text(hash: string): ReturnType<DependencySource["text"]> {
    return this.#tables.packages.text(hash);
  }

  isOneDevice(left: ChangeId, right: ChangeId): boolean {
    return this.#sight.isOneDevice(left, right);
  }

  hasSeen(viewer: ChangeId, other: ChangeId): boolean {
    return this.#sight.hasSeen(viewer, other);
  }

  #readStanding(location: Location): Standing | null {
    const { packages } = this.#tables;
    const row = packages.nameRow(location);
    if (row === null) return { shown: null, heads: [] };
    const heads = packages.heads({ type: "name", key: location });
    const [only] = heads;
    if (heads.length === 1 && only !== undefined && !packages.isLinked(location))
      return { shown: only, heads: [{ ...only, location, namings: [only.id] }] };
    const judged = judgeGroup(this.#ports, packages.branch, namingSourceOf(packages), location);
    // Linked locations are judged together: after the first, each is known.
    for (const [place, name] of judged.names)
      if (place !== location && !this.#standing.has(place) && packages.isLinked(place))
        this.#standing.set(place, standingOf(place, name));
    const name = judged.names.get(location);
    return name === undefined ? { shown: null, heads: [] } : standingOf(location, name);
  }

  #readVersions(location: Location): ReadonlyMap<OpId, readonly OpId[]> {
    const source = namingSourceOf(this.#tables.packages);
    const group = linkGroupOf(source, location) ?? loneGroup(source, location);
    const graph = new NamingGraph(group);
    const ofNode = new Map<OpId, OpId[]>();
    const versions = new Map<OpId, readonly OpId[]>();
    for (const id of group.get(location)?.assignments.keys() ?? []) {
      const version = ofNode.get(graph.nodeOf(id)) ?? [];
      version.push(id);
      ofNode.set(graph.nodeOf(id), version);
      versions.set(id, version);
    }
    return versions;
  }
}
