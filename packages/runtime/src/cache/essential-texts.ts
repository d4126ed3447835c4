import type { ContentHash } from "@darksync/core/content-hash";
import { namingSourceOf } from "@darksync/core/fold";
import { type Location, ownerOf } from "@darksync/core/location";
import { linkedWith } from "@darksync/core/naming-source";
import type { Binding } from "@darksync/core/register";
import { currentBranch } from "../branch/current-branch.js";
import { tablesOnBranch } from "../branch/on-branch.js";
import { lineageOf } from "../read/past.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { readCacheSettings } from "./settings.js";

/**
 * The texts that are always kept (S7): what main shows, and what the branch that is worked on shows, with what it
 * changed; where several heads stand, these with all that stood there before; what dependency records are about; and
 * all versions of the owners that are kept whole.
 */
export function essentialTexts(
  replica: Pick<Replica, "hash" | "language">,
  tables: ReplicaTables,
): ReadonlySet<ContentHash> {
  const found = new Set<ContentHash>();
  addShown(tables, found);
  const branch = currentBranch(tables);
  if (branch !== null) {
    const onBranch = tablesOnBranch(replica, tables, branch);
    addShown(onBranch, found);
    for (const location of onBranch.packages.affectedLocations()) addVersions(onBranch, location, found);
  }
  for (const owner of readCacheSettings(tables.meta).keep) addOwner(tables, owner, found);
  for (const location of disputedLocations(tables)) addVersions(tables, location, found);
  return found;
}

/** The locations where several heads stand, with those that moves link them with, and those of dependency records. */
function disputedLocations(tables: ReplicaTables): ReadonlySet<Location> {
  const { packages, dependencies } = tables;
  const source = namingSourceOf(packages);
  const found = new Set<Location>();
  for (const { key, heads } of packages.registers("name"))
    if (heads.length > 1 && !found.has(key))
      for (const location of linkedWith(source, key)) found.add(location);
  for (const { definition, user } of [...dependencies.records(), ...dependencies.undecided()])
    found.add(definition).add(user);
  return found;
}

function addShown({ packages }: ReplicaTables, found: Set<ContentHash>): void {
  for (const { heads } of packages.registers("name")) for (const { value } of heads) addBinding(value, found);
}

/** All that a location ever showed, and what it shows: that may be a merge. */
export function addVersions(tables: ReplicaTables, location: Location, found: Set<ContentHash>): void {
  for (const { assignment } of lineageOf(tables, { type: "name", key: location }))
    addBinding(assignment.value, found);
  const shown = tables.packages.nameRow(location)?.shown ?? null;
  if (shown !== null) addBinding(shown.value, found);
}

function addOwner(tables: ReplicaTables, owner: string, found: Set<ContentHash>): void {
  const { packages } = tables;
  for (const { key } of packages.registers("name", `${owner}.`)) addVersions(tables, key, found);
  for (const { key } of packages.registers("branchedName")) {
    if (ownerOf(key.slice(key.indexOf(" ") + 1)) !== owner) continue;
    for (const { assignment } of lineageOf(tables, { type: "branchedName", key }))
      addBinding(assignment.value, found);
  }
}

function addBinding(value: Binding, found: Set<ContentHash>): void {
  if (value.type === "definition") found.add(value.hash);
}
