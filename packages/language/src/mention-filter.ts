import { type Location, nameOf } from "@darksync/core/location";
import { namesEverywhere } from "./candidates.js";

const slots = 1 << 16;
const underscore = 95;

/**
 * A quick look at texts for mentions of some locations. The filter says no only of a text that mentions none of them,
 * whatever module it stands in. It compares hashes of words, those in strings and comments too.
 */
export function mentionFilter(locations: Iterable<Location>): (text: string) => boolean {
  const sought = new Words();
  for (const location of locations) {
    for (const name of [nameOf(location), ...namesEverywhere(location)]) {
      const word = name.match(/[\w\u0080-\uffff]+/g)?.at(-1);
      // A name of signs only: nothing can be told of it.
      if (word === undefined) return () => true;
      sought.add(word);
    }
  }
  return (text) => sought.areIn(text);
}

class Words {
  readonly #hashes = new Set<number>();
  /** By the last digits of the hashes: most words of a text are told from those sought by this alone. */
  readonly #isTaken = new Uint8Array(slots);

  add(word: string): void {
    let hash = 0;
    for (let at = 0; at < word.length; at += 1) hash = next(hash, word.charCodeAt(at));
    this.#hashes.add(hash);
    this.#isTaken[hash & (slots - 1)] = 1;
  }

  areIn(text: string): boolean {
    let hash = 0;
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      const isWord = isOfWord(unit);
      // Before a `_` a name may end, whose version follows.
      if ((!isWord || unit === underscore) && this.#has(hash)) return true;
      hash = isWord ? next(hash, unit) : 0;
    }
    return this.#has(hash);
  }

  #has(hash: number): boolean {
    return this.#isTaken[hash & (slots - 1)] === 1 && this.#hashes.has(hash);
  }
}

function isOfWord(unit: number): boolean {
  if (unit >= 128 || unit === underscore) return true;
  const small = unit | 32;
  return (small >= 97 && small <= 122) || (unit >= 48 && unit <= 57);
}

/** The hash of a word with one more unit. Never 0, which is no word. */
function next(hash: number, unit: number): number {
  return (Math.imul(hash, 31) + unit) | 0 || 1;
}
