import { type Replica, refoldWaitsKey } from "../replica/replica.js";
import { EvictedError } from "../store/evicted-error.js";
import type { ReplicaTables } from "../store/store.js";

/** Whether something throws where it needs what was evicted, or does without, as `asFarAsHere` does. */
export type NeededHistory = "whole" | "as far as it is here";

/** Judges without what was evicted, and notes that the next sync has to make up for it (R64, R65). */
export function asFarAsHere(
  { evictedTexts }: Pick<Replica, "evictedTexts">,
  { meta }: Pick<ReplicaTables, "meta">,
  judge: () => void,
): void {
  try {
    evictedTexts.leniently(judge);
  } catch (error) {
    if (!(error instanceof EvictedError)) throw error;
    meta.set(refoldWaitsKey, "yes");
  }
}
