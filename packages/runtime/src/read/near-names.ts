import { type Location, moduleOf, nameOf } from "@darksync/core/location";
import type { ReplicaTables } from "../store/store.js";

const maxNames = 3;
const maxFound = 200;
const stemLength = 3;

/**
 * A few locations that somebody who wrote `location` may have meant: the same in other capitals or with a beginning
 * left out, then of a like name, the same module first.
 */
export function nearNames(tables: ReplicaTables, location: Location): readonly Location[] {
  const written = location.toLowerCase();
  const name = nameOf(location).toLowerCase();
  const module = moduleOf(location);
  const whole = tables.packages
    .search(written, maxFound)
    .filter((found) => `.${found.toLowerCase()}`.endsWith(`.${written}`));
  const alike = tables.packages
    .search(name, maxFound)
    .filter((found) => nameOf(found).toLowerCase().includes(name));
  const stem = name.slice(0, stemLength);
  const beside = tables.packages
    .names(module, maxFound)
    .map((row) => row.location)
    .filter((found) => nameOf(found).toLowerCase().startsWith(stem));
  const inModule = alike.filter((found) => moduleOf(found) === module);
  return [...new Set([...whole, ...inModule, ...beside, ...alike])].slice(0, maxNames);
}
