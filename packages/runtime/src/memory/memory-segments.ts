import type { BlockPorts } from "@darksync/core/block";
import type { LogName } from "@darksync/core/vector";
import type { SegmentStore, StoredSegment } from "../store/segment-store.js";
import { type Journal, JournaledMap } from "./journal.js";

interface Held extends Omit<StoredSegment, "heldBytes"> {
  readonly log: LogName;
  readonly bytes: Uint8Array;
}

/** For a store that is never given a segment. */
export const noPorts: BlockPorts = {
  hash: withoutPorts,
  compression: { compress: withoutPorts, expand: withoutPorts },
};

function withoutPorts(): never {
  throw new Error("a store in memory needs ports to read segments");
}

/** The sealed parts of logs, in memory. */
export class MemorySegments implements SegmentStore {
  readonly #segments: JournaledMap<string, Held>;

  constructor(journal: Journal) {
    this.#segments = new JournaledMap(journal);
  }

  list(log: LogName): readonly StoredSegment[] {
    return this.#segments
      .values()
      .filter((segment) => segment.log === log)
      .map(storedOf)
      .sort((left, right) => left.number - right.number);
  }

  get(log: LogName, number: number): StoredSegment | null {
    const segment = this.#segments.get(keyOf(log, number));
    return segment === undefined ? null : storedOf(segment);
  }

  bytes(log: LogName, number: number): Uint8Array | null {
    return this.#segments.get(keyOf(log, number))?.bytes ?? null;
  }

  put(log: LogName, { number, hash, byteCount }: Omit<StoredSegment, "heldBytes">, bytes: Uint8Array): void {
    this.#segments.set(keyOf(log, number), { log, number, hash, byteCount, bytes: bytes.slice() });
  }

  /** The bytes of all of them. */
  heldBytes(): number {
    return this.#segments.values().reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  remove(log: LogName, number: number): void {
    this.#segments.delete(keyOf(log, number));
  }
}

function keyOf(log: LogName, number: number): string {
  return `${number} ${log}`;
}

function storedOf({ number, hash, byteCount, bytes }: Held): StoredSegment {
  return { number, hash, byteCount, heldBytes: bytes.length };
}
