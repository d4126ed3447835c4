import type { ReplicaTables } from "../store/store.js";
import { readCacheSettings } from "./settings.js";

/** The part of what a space may take that an eviction leaves free: else the next sync would be over the limit again. */
export const roomLeft: number = 0.1;

/**
 * Whether a space takes more than its limit. Where what is always kept takes more, and an eviction has found so, only
 * once the space has grown by a part. Cheap: every sync asks.
 */
export function isOverLimit({ meta, storage }: Pick<ReplicaTables, "meta" | "storage">): boolean {
  const leastBytes = Number(meta.get("cacheLeastBytes") ?? 0);
  return storage.usedBytes() > Math.max(readCacheSettings(meta).limitBytes, leastBytes * (1 + roomLeft));
}
