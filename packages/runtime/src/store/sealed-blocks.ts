import { type BlockPorts, type PackableBlock, packBlock, packPlainBlock } from "@darksync/core/block";
import type { StreamName } from "@darksync/core/stream";
import { decodeSegment, type SealedRun, sealedHeader } from "@darksync/log/segment";
import { StoreError } from "./store.js";

// What is read lies next to what was read before. A segment may expand to 16 MiB.
const mostOpen = 4;
/** What is sent to one is soon sent to others, and compressing it takes tens of milliseconds a batch. */
const mostPackedBytes = 16 * 1024 * 1024;

/** A block in a segment that a store keeps. */
export interface SealedPlace {
  /** Hex: the hash of the segment. */
  readonly segment: string;
  readonly stream: StreamName;
  readonly seq: number;
  /** Hex: the hash of the stream's block before it; null if it is not held. */
  readonly prev: string | null;
}

/** Takes blocks out of segments for a store. The segments that were read last stay open. */
export class SealedBlocks {
  readonly #ports: BlockPorts;
  readonly #use: "read" | "send";
  /** By hash, the latest last. */
  readonly #open = new Map<string, ReadonlyMap<StreamName, SealedRun>>();
  /** What was packed to be sent, by its place, the latest last. */
  readonly #packed = new Map<string, Uint8Array>();
  #packedBytes = 0;

  /** `use`: whether what is taken out is read here, or sent on and so worth compressing. */
  constructor(ports: BlockPorts, use: "read" | "send") {
    this.#ports = ports;
    this.#use = use;
  }

  /**
   * A block's bytes. `read` gives the bytes of the segment. Throws a `StoreError` if they are not what they were.
   */
  bytesOf({ segment, stream, seq, prev }: SealedPlace, read: () => Uint8Array): Uint8Array {
    const run = this.#runs(segment, read).get(stream);
    const index = seq - (run?.firstSeq ?? 0);
    const block = run?.blocks[index];
    if (run === undefined || block === undefined) throw damaged(segment);
    const header = sealedHeader(run, index, index === 0 ? run.prev : (prev ?? run.prev));
    const packable = { header, expanded: block.expanded, signature: block.signature };
    if (this.#use === "read") return packPlainBlock(packable);
    return this.#packedOnce(`${segment} ${stream} ${header.prev} ${seq}`, packable, block.changeCount);
  }

  #packedOnce(place: string, block: PackableBlock, changeCount: number): Uint8Array {
    const known = this.#packed.get(place);
    const bytes = known ?? packBlock(this.#ports.compression, block, changeCount);
    this.#packed.delete(place);
    this.#packed.set(place, bytes);
    if (known === undefined) this.#packedBytes += bytes.length;
    for (const [oldest, { length }] of this.#packed) {
      if (this.#packedBytes <= mostPackedBytes) break;
      this.#packed.delete(oldest);
      this.#packedBytes -= length;
    }
    return bytes;
  }

  #runs(segment: string, read: () => Uint8Array): ReadonlyMap<StreamName, SealedRun> {
    const open = this.#open.get(segment) ?? this.#decode(segment, read());
    this.#open.delete(segment);
    this.#open.set(segment, open);
    const [oldest] = this.#open.keys();
    if (this.#open.size > mostOpen && oldest !== undefined) this.#open.delete(oldest);
    return open;
  }

  #decode(segment: string, bytes: Uint8Array): ReadonlyMap<StreamName, SealedRun> {
    const decoded = decodeSegment(this.#ports, segment, bytes);
    if (!decoded.ok) throw damaged(segment);
    return new Map(decoded.value.runs.map((run) => [run.stream, run]));
  }
}

function damaged(segment: string): StoreError {
  return new StoreError(
    "database-corrupt",
    `segment ${segment.slice(0, 8)} is not what it was`,
    "`darklang sync --full` downloads everything again",
  );
}
