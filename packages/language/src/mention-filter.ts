import { type Location, nameOf } from "@darksync/core/location";
import { namesEverywhere } from "./candidates.js";

// An expression of very many names would be refused.
const namesAtOnce = 1000;

/**
 * A quick look at texts for mentions of some locations. The filter says no only of a text that mentions none of them,
 * whatever module it stands in: it looks for the last word of each name, in strings and comments too. A `_` may
 * follow, as before a version.
 */
export function mentionFilter(locations: Iterable<Location>): (text: string) => boolean {
  const words = new Set<string>();
  for (const location of locations) {
    for (const name of [nameOf(location), ...(namesEverywhere.get(location) ?? [])]) {
      const word = /^\w+$/.test(name) ? name : name.match(/[\w\u0080-\uffff]+/g)?.at(-1);
      // A name of signs only: nothing can be told of it.
      if (word === undefined) return () => true;
      words.add(word);
    }
  }
  const sorted = [...words].sort();
  const patterns: RegExp[] = [];
  for (let start = 0; start < sorted.length; start += namesAtOnce)
    patterns.push(
      new RegExp(`(?<![A-Za-z_])(?:${sorted.slice(start, start + namesAtOnce).join("|")})(?![A-Za-z0-9])`),
    );
  return (text) => patterns.some((pattern) => pattern.test(text));
}
