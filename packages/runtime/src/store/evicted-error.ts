import { StoreError } from "./store.js";

/** Thrown where history is read that was evicted (S7). Whoever can fetch it does, and reads again. */
export class EvictedError extends StoreError {
  /** Hex: the hashes of the segments that are not here. */
  readonly segments: readonly string[];

  constructor(segments: readonly string[]) {
    super(
      "segment-evicted",
      "the history that this needs was evicted to save space",
      "when online, do the same again, or `darklang sync --full` for all of it",
    );
    this.segments = segments;
  }
}

/** What `read` gives; null where that was evicted, unless it must be had. */
export function unlessEvicted<Value>(must: boolean, read: () => Value): Value | null {
  try {
    return read();
  } catch (error) {
    if (must || !(error instanceof EvictedError)) throw error;
    return null;
  }
}
