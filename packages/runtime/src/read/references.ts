import { type Location, moduleOf, nameOf, splitLocation } from "@darksync/core/location";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";

type Tables = ReplicaTables;

/** The location that a name means when written in a module, or null. */
export function resolveName(
  { language }: Pick<Replica, "language">,
  tables: Tables,
  name: string,
  module: string,
): Location | null {
  return language.candidates(name, module).find((location) => isBound(tables, location)) ?? null;
}

/** The locations that the definition at a location mentions, in order. */
export function usesOf(
  replica: Pick<Replica, "language">,
  tables: Tables,
  location: Location,
): readonly Location[] {
  const binding = tables.packages.nameRow(location)?.shown?.value;
  const text = binding?.type === "definition" ? tables.packages.text(binding.hash) : null;
  if (text === null) return [];
  const module = moduleOf(location);
  const uses = new Set<Location>();
  for (const name of replica.language.references(text.head + nameOf(location) + text.tail)) {
    const used = resolveName(replica, tables, name, module);
    if (used !== null && used !== location) uses.add(used);
  }
  return [...uses].sort();
}

const maxCandidates = 100_000;

/** The locations whose definitions mention a location, in order. Looks only into texts that hold its name. */
export function usedBy(
  replica: Pick<Replica, "language">,
  tables: Tables,
  location: Location,
): readonly Location[] {
  const name = nameOf(location);
  return tables.packages
    .search(name, maxCandidates)
    .filter((candidate) => candidate !== location && usesOf(replica, tables, candidate).includes(location));
}

function isBound(tables: Tables, location: Location): boolean {
  return (
    splitLocation(location) !== null && tables.packages.nameRow(location)?.shown?.value.type === "definition"
  );
}
