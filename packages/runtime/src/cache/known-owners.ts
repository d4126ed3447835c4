import { ownerOf } from "@darksync/core/location";
import type { ReplicaTables } from "../store/store.js";

/** The owners that this replica has heard of: namespaces that were made, and those that packages are named in. */
export function knownOwners(tables: ReplicaTables): readonly string[] {
  const { packages } = tables;
  const owners = new Set(packages.registers("namespace").map(({ key }) => key));
  const named = [
    ...packages.registers("name").map(({ key }) => key),
    ...packages.registers("branchedName").map(({ key }) => key.slice(key.indexOf(" ") + 1)),
  ];
  for (const location of named) owners.add(ownerOf(location));
  return [...owners].sort();
}
