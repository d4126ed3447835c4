import type { MetaStore } from "../store/block-store.js";

/** How much a space may take as long as nobody says otherwise. */
export const defaultLimitBytes: number = 2_000_000_000;

/** What is kept of a space (S7). */
export interface CacheSettings {
  /** How much the space may take; what is always kept may take more. */
  readonly limitBytes: number;
  /** Owners of whom everything is kept, in order. */
  readonly keep: readonly string[];
}

export function readCacheSettings(meta: MetaStore): CacheSettings {
  const limit = meta.get("cacheLimitBytes");
  return {
    limitBytes: limit === null ? defaultLimitBytes : Number(limit),
    keep: JSON.parse(meta.get("cacheKeep") ?? "[]") as string[],
  };
}

export function writeCacheSettings(meta: MetaStore, { limitBytes, keep }: CacheSettings): void {
  meta.set("cacheLimitBytes", limitBytes === defaultLimitBytes ? null : String(limitBytes));
  meta.set("cacheLeastBytes", null);
  meta.set("cacheKeep", keep.length === 0 ? null : JSON.stringify([...new Set(keep)].sort()));
}
