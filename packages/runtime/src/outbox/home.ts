import type { Hash } from "@darksync/core/ports";
import type { MetaStore } from "../store/block-store.js";
import { StoreError } from "../store/store.js";
import { type Home, homeTag } from "./outbox-record.js";

/** What of a replica's small values is needed to find home again (S8): who it is, its relay, its settings, its plans. */
const homeKeys = [
  "space",
  "member",
  "relay",
  "only",
  "wasAcknowledged",
  "relayKey",
  "branch",
  "workOffline",
  "strategy",
  "conflictPlans",
  "cacheLimitBytes",
  "cacheKeep",
  "rebuiltAtMs",
] as const;

const homeKeySet: ReadonlySet<string> = new Set(homeKeys);

/** Whether a value is part of home. */
export function isOfHome(key: string): boolean {
  return homeKeySet.has(key);
}

/** The values of home that are set. */
export function readHome(meta: Pick<MetaStore, "get">): Home {
  const home = new Map<string, string>();
  for (const key of homeKeys) {
    const value = meta.get(key);
    if (value !== null) home.set(key, value);
  }
  return home;
}

const tagKey = "homeTag";

/** Notes beside the values of home what tells whether they are still what was written. */
export function writeHomeTag(hash: Hash, meta: MetaStore): void {
  const tag = homeTag(hash, readHome(meta));
  if (meta.get(tagKey) !== tag) meta.set(tagKey, tag);
}

/** What tells the values of home from others; null if they are not what was written. */
export function soundHomeTag(hash: Hash, meta: Pick<MetaStore, "get">): string | null {
  const tag = homeTag(hash, readHome(meta));
  // Where no outbox was kept, nothing was noted.
  return (meta.get(tagKey) ?? tag) === tag ? tag : null;
}

/** The error of a store whose way home is damaged. */
export function homeDamaged(): StoreError {
  return new StoreError(
    "database-corrupt",
    "the database is damaged: its settings are not what was written",
    "move it aside, then rebuild it from the outbox and the relay or a peer",
  );
}
