import { isAccepted } from "@darksync/core/acceptance";
import { decodeBlock } from "@darksync/core/block";
import { type DependencySource, judgeDependency, standingOf } from "@darksync/core/dependency";
import { namingSourceOf } from "@darksync/core/fold";
import { compareTimestamps } from "@darksync/core/hlc";
import { judgeGroup } from "@darksync/core/judge";
import type { Location } from "@darksync/core/location";
import { NamingGraph } from "@darksync/core/naming-graph";
import { linkGroupOf, loneGroup } from "@darksync/core/naming-source";
import type { ChangeId } from "@darksync/core/op-id";
import { type Vector, vectorMaximum } from "@darksync/core/vector";
import { expect } from "vitest";
import { save } from "../../src/edit/save.js";
import { listConflicts } from "../../src/read/conflicts.js";
import type { Replica } from "../../src/replica/replica.js";
import type { ReplicaTables } from "../../src/store/store.js";

/** Saves a text, which must be fine. */
export async function saveText(replica: Replica, location: Location, source: string): Promise<ChangeId> {
  const saved = await save(replica, location, source);
  if (!saved.ok) throw new Error(saved.problem.message);
  return saved.value.change;
}

/** The open `dependency` records as they are listed, each as `USER uses DEFINITION`, with their ids. */
export function dependenciesOf(replica: Replica): readonly string[] {
  return replica.store
    .read((tables) => listConflicts(replica, tables))
    .filter(({ kind }) => kind === "dependency")
    .map(({ id, location, locations }) => {
      const definition = locations.find((other) => other !== location);
      return `${location} uses ${definition}: ${id.slice(0, 8)}`;
    })
    .sort();
}

/** The same, from a look at every two locations and all that the blocks say. */
export function naiveDependencies(replica: Replica): readonly string[] {
  return replica.store.read((tables) => {
    const source = naiveSource(replica, tables);
    const locations = tables.packages.registers("name").map(({ key }) => key);
    return locations
      .flatMap((definition) =>
        locations.map((user) => {
          if (user === definition) return [];
          const id = judgeDependency(replica, source, definition, user)?.conflict?.id;
          const acceptance = tables.packages.heads({ type: "acceptance", key: id ?? "" });
          return id === undefined || isAccepted(acceptance)
            ? []
            : [`${user} uses ${definition}: ${id.slice(0, 8)}`];
        }),
      )
      .flat()
      .sort();
  });
}

function naiveSource(replica: Replica, tables: ReplicaTables): DependencySource {
  const { packages, changes } = tables;
  const namings = namingSourceOf(packages);
  const seen = seenByBlock(tables);
  const record = (id: ChangeId) => {
    const found = changes.get(id);
    if (found === null) throw new Error(`no change ${id}`);
    return found;
  };
  return {
    standing: (location) => {
      const judged = judgeGroup(replica, "main", namings, location).names.get(location);
      return judged === undefined ? { shown: null, heads: [] } : standingOf(location, judged);
    },
    isContested: () => false,
    isBound: (location) => packages.nameRow(location)?.shown?.value.type === "definition",
    assignment: (location, id) => namings.assignment(location, id),
    sameVersion: (location, id) => {
      const group = linkGroupOf(namings, location) ?? loneGroup(namings, location);
      const graph = new NamingGraph(group);
      const ids = [...(group.get(location)?.assignments.keys() ?? [])];
      return [id, ...ids.filter((other) => graph.nodeOf(other) === graph.nodeOf(id))];
    },
    text: (hash) => packages.text(hash),
    isOneDevice: (left, right) => record(left).device === record(right).device,
    hasSeen: (viewer, other) => {
      const [own, change] = [record(viewer), record(other)];
      if (own.device === change.device) return compareTimestamps(change.time, own.time) <= 0;
      if (own.place === null) return change.number < own.number;
      if (change.place === null) return false;
      const upTo = seen.get(`${own.log} ${own.place.stream} ${own.place.seq}`);
      return (upTo?.get(`${change.log} ${change.place.stream}`) ?? 0) >= change.place.seq;
    },
  };
}

/** Per block what it had seen: `LOG STREAM` and the seq. */
function seenByBlock({ blocks }: ReplicaTables): ReadonlyMap<string, Vector> {
  const found = new Map<string, Vector>();
  for (const log of blocks.logs()) {
    for (const stream of blocks.tips(log).keys()) {
      let seen: Vector = new Map();
      for (const { seq, bytes } of blocks.read(log, stream, 1, Number.MAX_SAFE_INTEGER)) {
        const block = decodeBlock(bytes);
        if (block === null) throw new Error("no block");
        const entries = [...block.seen].flatMap(([other, vector]) =>
          [...vector].map(([name, upTo]): [string, number] => [`${other} ${name}`, upTo]),
        );
        seen = vectorMaximum(seen, new Map(entries));
        found.set(`${log} ${stream} ${seq}`, seen);
      }
    }
  }
  return found;
}

/** What is recorded must be what a look at everything finds. */
export function expectAsNaive(replica: Replica): void {
  expect(dependenciesOf(replica)).toEqual(naiveDependencies(replica));
}
