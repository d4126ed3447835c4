import type { Seen } from "@darksync/core/vector";
import type { PlacedStream, SeenStep, SeenStore } from "../store/seen-store.js";
import { type Journal, JournaledMap } from "./journal.js";

interface Steps {
  readonly viewer: PlacedStream;
  readonly steps: readonly SeenStep[];
}

/** What the blocks of each stream say that their devices had seen, in memory. */
export class MemorySeen implements SeenStore {
  readonly #steps: JournaledMap<string, Steps>;

  constructor(journal: Journal) {
    this.#steps = new JournaledMap(journal);
  }

  add(viewer: PlacedStream, seq: number, seen: Seen): void {
    for (const [log, vector] of seen) {
      for (const [stream, otherSeq] of vector) {
        const key = keyOf(viewer, { log, stream });
        const steps = this.#steps.get(key)?.steps ?? [];
        if (otherSeq > (steps.at(-1)?.otherSeq ?? 0))
          this.#steps.set(key, { viewer, steps: [...steps, { seq, otherSeq }] });
      }
    }
  }

  seenAt(viewer: PlacedStream, seq: number, other: PlacedStream): number {
    return this.#of(viewer, other).findLast((step) => step.seq <= seq)?.otherSeq ?? 0;
  }

  steps(viewer: PlacedStream, other: PlacedStream, after: number, last: number): readonly SeenStep[] {
    return this.#of(viewer, other).filter(({ seq }) => seq > after && seq <= last);
  }

  sightings(viewer: PlacedStream, other: PlacedStream, first: number, last: number): readonly SeenStep[] {
    const steps = this.#of(viewer, other).filter(({ otherSeq }) => otherSeq >= first);
    const beyond = steps.findIndex(({ otherSeq }) => otherSeq >= last);
    return beyond < 0 ? steps : steps.slice(0, beyond + 1);
  }

  count(): number {
    return this.#steps.values().reduce((sum, { steps }) => sum + steps.length, 0);
  }

  truncate(viewer: PlacedStream, seq: number): void {
    for (const key of this.#steps.keys()) {
      const known = this.#steps.get(key);
      if (known?.viewer.log !== viewer.log || known.viewer.stream !== viewer.stream) continue;
      this.#steps.set(key, { viewer, steps: known.steps.filter((step) => step.seq <= seq) });
    }
  }

  #of(viewer: PlacedStream, other: PlacedStream): readonly SeenStep[] {
    return this.#steps.get(keyOf(viewer, other))?.steps ?? [];
  }
}

function keyOf(viewer: PlacedStream, other: PlacedStream): string {
  return `${viewer.stream} ${other.stream} ${viewer.log} ${other.log}`;
}
