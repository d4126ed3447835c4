import type { Naming } from "./namings.js";

const maxCharacters = 32 * 1024 * 1024;

/**
 * The namings of blocks by the blocks' hashes, the latest ones up to some size: a long sync brings block after block
 * that is concurrent with the same ones.
 */
export class NamingCache {
  readonly #blocks = new Map<string, { readonly namings: readonly Naming[]; readonly characters: number }>();
  #characters = 0;

  get(hash: string): readonly Naming[] | null {
    return this.#blocks.get(hash)?.namings ?? null;
  }

  set(hash: string, namings: readonly Naming[]): void {
    const characters = namings.reduce((sum, naming) => sum + charactersOf(naming), 0);
    this.#blocks.set(hash, { namings, characters });
    this.#characters += characters;
    for (const [oldest, block] of this.#blocks) {
      if (this.#characters <= maxCharacters || oldest === hash) break;
      this.#blocks.delete(oldest);
      this.#characters -= block.characters;
    }
  }
}

const caches = new WeakMap<object, NamingCache>();

/** The cache of a replica that this process has open. */
export function namingCacheOf(replica: object): NamingCache {
  const known = caches.get(replica);
  if (known !== undefined) return known;
  const cache = new NamingCache();
  caches.set(replica, cache);
  return cache;
}

function charactersOf({ location, text }: Naming): number {
  return (
    location.length + (text === null || typeof text === "string" ? 64 : text.head.length + text.tail.length)
  );
}
