import type { PlacedStream, SeenStore } from "../store/seen-store.js";

/** Blocks `first` to `last` of a stream. */
export interface BlockRun extends PlacedStream {
  readonly first: number;
  readonly last: number;
}

/** The blocks of two streams of which one of the other stream is concurrent. */
export interface ConcurrentBlocks {
  readonly ofRun: readonly number[];
  readonly ofOther: readonly number[];
}

const none: ConcurrentBlocks = { ofRun: [], ofOther: [] };

/**
 * Finds which blocks of a run, and which of another device's stream with `tip` blocks, had not seen each other. What a
 * stream has seen only grows, so of the other stream each block of the run is concurrent with one stretch: after what
 * it had seen, and before the first that had seen it. One look where nothing is.
 */
export function concurrentBlocks(
  seen: SeenStore,
  run: BlockRun,
  other: PlacedStream,
  tip: number,
): ConcurrentBlocks {
  let seenOfOther = seen.seenAt(run, run.first, other);
  if (seenOfOther >= tip) return none;
  const steps = seen.steps(run, other, run.first, run.last);
  const sightings = seen.sightings(other, run, run.first, run.last);
  const ofRun: number[] = [];
  const ofOther: number[] = [];
  let nextStep = 0;
  let nextSighting = 0;
  for (let seq = run.first; seq <= run.last; seq += 1) {
    for (let step = steps[nextStep]; step !== undefined && step.seq <= seq; step = steps[nextStep]) {
      seenOfOther = step.otherSeq;
      nextStep += 1;
    }
    while ((sightings[nextSighting]?.otherSeq ?? seq) < seq) nextSighting += 1;
    const firstToSee = sightings[nextSighting]?.seq ?? tip + 1;
    if (seenOfOther + 1 >= firstToSee) continue;
    ofRun.push(seq);
    const from = Math.max(seenOfOther, ofOther.at(-1) ?? 0) + 1;
    for (let block = from; block < firstToSee; block += 1) ofOther.push(block);
  }
  return { ofRun, ofOther };
}
