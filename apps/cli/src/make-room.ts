import { isOverLimit } from "@darksync/runtime/cache/limit";
import type { Space } from "./space.js";

/** After a sync: evicts what goes beyond the limit of the space (`darklang cache`). Others have turns in between. */
export async function makeRoom({ replica }: Pick<Space, "replica">): Promise<void> {
  if (!replica.store.read(isOverLimit)) return;
  const { keepWithinLimit } = await import("@darksync/runtime/cache/evict");
  await keepWithinLimit(replica, turn);
}

/** Lets the rest of the process do what waits. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
