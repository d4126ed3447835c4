import { renderDefinition } from "@darksync/core/definition";
import { type Location, moduleOf, nameOf } from "@darksync/core/location";
import { usedBy } from "../read/references.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";

const fewLocations = 3;
const namesAtOnce = 2000;

/**
 * The locations whose definitions mention each of these locations, in order. For more than a few of them it looks
 * once at every text that is shown.
 */
export function dependentsOf(
  replica: Pick<Replica, "language">,
  tables: ReplicaTables,
  locations: ReadonlySet<Location>,
): ReadonlyMap<Location, readonly Location[]> {
  if (locations.size <= fewLocations)
    return new Map([...locations].map((location) => [location, usedBy(replica, tables, location)]));
  return inOnePass(replica, tables, locations);
}

function inOnePass(
  { language }: Pick<Replica, "language">,
  tables: ReplicaTables,
  locations: ReadonlySet<Location>,
): ReadonlyMap<Location, readonly Location[]> {
  const hashes = shownHashes(tables);
  const dependents = new Map<Location, Location[]>([...locations].map((location) => [location, []]));
  const mayMention = language.mentionFilter(locations);
  for (const [user, hash] of hashes) {
    const text = tables.packages.text(hash);
    if (text === null || !(mayMention(text.head) || mayMention(text.tail))) continue;
    const module = moduleOf(user);
    const used = new Set<Location>();
    for (const name of language.references(renderDefinition(text, nameOf(user)))) {
      const place = language.candidates(name, module).find((candidate) => hashes.has(candidate));
      if (place !== undefined && place !== user) used.add(place);
    }
    for (const place of used) dependents.get(place)?.push(user);
  }
  return dependents;
}

/** The locations that show a definition with its hash, in order. */
function shownHashes({ packages }: ReplicaTables): ReadonlyMap<Location, string> {
  const hashes = new Map<Location, string>();
  for (let after: Location | undefined; ; ) {
    const rows = packages.names("", namesAtOnce, after);
    for (const { location, shown } of rows)
      if (shown?.value.type === "definition") hashes.set(location, shown.value.hash);
    if (rows.length < namesAtOnce) return hashes;
    after = rows.at(-1)?.location;
  }
}
