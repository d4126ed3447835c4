import type { MetaStore } from "../store/block-store.js";
import type { Home } from "./outbox-record.js";

/** What of a replica's small values is needed to find home again (S8): who it is, its relay, its settings, its plans. */
const homeKeys = [
  "space",
  "member",
  "relay",
  "only",
  "wasAcknowledged",
  "branch",
  "workOffline",
  "strategy",
  "conflictPlans",
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
