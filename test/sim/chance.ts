/**
 * Chance that a seed replays: sfc32 (Chris Doty-Humphrey, PractRand), its state made of a text. Every user of chance
 * gets a generator of its own by name, so that what one draws moves nothing for another.
 */
export class Chance {
  readonly #name: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(name: string) {
    this.#name = name;
    const next = mixer(name);
    [this.#a, this.#b, this.#c] = [next(), next(), next()];
    for (let round = 0; round < 12; round += 1) this.#next();
  }

  /** A generator of its own, the same for the same name. */
  fork(name: string): Chance {
    return new Chance(`${this.#name}/${name}`);
  }

  /** A whole number from 0 up to but without the bound. */
  below(bound: number): number {
    return bound <= 0 ? 0 : Math.floor((this.#next() / 0x1_0000_0000) * bound);
  }

  /** A whole number of a range, both ends included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** True so many times out of a hundred. */
  percent(share: number): boolean {
    return this.below(10_000) < share * 100;
  }

  /** One of several; there must be one. */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#next() & 0xff);
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }
}

/** Numbers of 32 bits out of a text: xmur3 (bryc, "Pseudorandom number generators"). */
function mixer(text: string): () => number {
  let hash = 1779033703 ^ text.length;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 3432918353);
    hash = (hash << 13) | (hash >>> 19);
  }
  return () => {
    hash = Math.imul(hash ^ (hash >>> 16), 2246822507);
    hash = Math.imul(hash ^ (hash >>> 13), 3266489909);
    hash ^= hash >>> 16;
    return hash | 0;
  };
}
