import { readFacts } from "@darksync/runtime/replica/replica";
import type { Space } from "./space.js";

/** Whether no sync of a linked space has come to its end yet: what others have may not be here, or not all of it. */
export function lacksFirstSync({ replica }: Pick<Space, "replica">): boolean {
  const { relay, lastSyncedAtMs } = replica.store.read(readFacts);
  return relay !== null && lastSyncedAtMs === null;
}
