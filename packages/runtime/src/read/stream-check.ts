import { type BlockPorts, type OpenBlock, readChanges, streamRoot } from "@darksync/core/block";
import type { StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import type { StoredBlock, Tip } from "../store/block-store.js";
import { openStored } from "../store/sound-blocks.js";

/** A further look at a block that is in order: what is wrong with it, or null. */
export type BlockLook = (block: OpenBlock, changes: readonly Uint8Array[]) => string | null;

/** Goes along a stream's blocks from its root, a few at a time, and says what is wrong with the first that is not right. */
export class StreamCheck {
  /** The block that has to come next. */
  next = 1;
  /** The last block, null if none was seen or it was passed over. */
  last: OpenBlock | null = null;
  readonly #ports: BlockPorts;
  readonly #stream: StreamName;
  readonly #look: BlockLook;
  #prev: string;

  constructor(ports: BlockPorts, space: string, log: LogName, stream: StreamName, look: BlockLook) {
    this.#ports = ports;
    this.#stream = stream;
    this.#look = look;
    this.#prev = streamRoot(ports.hash, space, log, stream);
  }

  /** Takes what was read from block `next` on; returns what is wrong, or null. */
  take(stored: readonly StoredBlock[]): string | null {
    if (stored.length === 0) return `block ${this.next} is missing`;
    for (const block of stored) {
      const problem = this.#takeOne(block);
      if (problem !== null) return problem;
    }
    return null;
  }

  /** Passes over blocks that are not here; `hash`: of the last of them. */
  passOver(next: number, hash: string): void {
    this.next = next;
    this.#prev = hash;
    this.last = null;
  }

  /** What is wrong with the end of the stream, or null. */
  end(tip: Tip): string | null {
    return this.#prev === tip.hash ? null : "its last block is not the one noted";
  }

  #takeOne(stored: StoredBlock): string | null {
    const seq = this.next;
    if (stored.seq !== seq) return `block ${seq} is missing`;
    const opened = openStored(this.#ports, this.#stream, stored);
    if (opened === null) return `block ${seq} is not what its hash says`;
    if (opened.header.prev !== this.#prev) return `block ${seq} does not follow the one before it`;
    const changes = readChanges(opened.expanded);
    if (changes?.length !== stored.changeCount) return `block ${seq} does not hold what it should`;
    const problem = this.#look(opened, changes);
    if (problem !== null) return problem;
    this.last = opened;
    this.#prev = opened.hash;
    this.next = seq + 1;
    return null;
  }
}
