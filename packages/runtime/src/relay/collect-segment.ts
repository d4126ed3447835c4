import { type BlockPorts, decodeBlock, type OpenBlock, openBlock } from "@darksync/core/block";
import type { StreamName } from "@darksync/core/stream";
import type { LogName, Vector } from "@darksync/core/vector";
import type { SealedBlock, SealedRun } from "@darksync/log/segment";
import type { StoredBlock, Tip } from "../store/block-store.js";
import type { RelayStore } from "../store/store.js";

// Opening so much takes a millisecond or two; then others have their turn.
const readAtOnceBytes = 64 * 1024;
/** Its signature, and what it takes of the body beside the header. */
const frameBytes = 96;

/** When a segment is full. */
export interface SegmentLimits {
  readonly changes: number;
  /** Bytes of its body: what is compressed together. */
  readonly bodyBytes: number;
}

/** Blocks that are to be sealed together. */
export interface CollectedSegment {
  readonly runs: readonly SealedRun[];
  /** The last block of each run. */
  readonly tips: ReadonlyMap<StreamName, Tip>;
  readonly blockCount: number;
  readonly changeCount: number;
  /** What the blocks take in their rows. */
  readonly storedBytes: number;
}

/** A block whose bytes are not what its hash says: it is not sealed, nor is what comes after it. */
export class DamagedBlock extends Error {}

/**
 * Reads the blocks of a log beyond `sealed`, stream by stream, until a segment is full or all are read; one at least,
 * if there is one. `pause` is waited for between a little and a little more.
 */
export async function collectSegment(
  ports: BlockPorts,
  store: RelayStore,
  log: LogName,
  sealed: Vector,
  limits: SegmentLimits,
  pause: () => Promise<void>,
): Promise<CollectedSegment> {
  const collector = new Collector(limits);
  const tips = [...store.read(({ blocks }) => blocks.tips(log))].sort(([left], [right]) =>
    left < right ? -1 : 1,
  );
  for (const [stream, tip] of tips) {
    for (let seq = (sealed.get(stream) ?? 0) + 1; seq <= tip.seq && !collector.isFull; ) {
      const stored = store.read(({ blocks }) => blocks.read(log, stream, seq, readAtOnceBytes));
      if (stored.length === 0) throw new DamagedBlock(`block ${seq} of ${stream} in ${log} is missing`);
      for (const block of stored) {
        if (collector.isFull) break;
        collector.add(block, openStored(ports, log, stream, block));
        seq += 1;
      }
      await pause();
    }
  }
  return collector;
}

function openStored(ports: BlockPorts, log: LogName, stream: StreamName, stored: StoredBlock): OpenBlock {
  const block = decodeBlock(stored.bytes);
  const opened = block === null ? null : openBlock(ports, block);
  if (opened === null || opened.hash !== stored.hash || opened.header.stream !== stream)
    throw new DamagedBlock(`block ${stored.seq} of ${stream} in ${log} is not what its hash says`);
  return opened;
}

class Collector implements CollectedSegment {
  readonly runs: { stream: StreamName; firstSeq: number; prev: string; blocks: SealedBlock[] }[] = [];
  readonly tips = new Map<StreamName, Tip>();
  blockCount = 0;
  changeCount = 0;
  storedBytes = 0;
  #bodyBytes = 0;
  readonly #limits: SegmentLimits;

  constructor(limits: SegmentLimits) {
    this.#limits = limits;
  }

  get isFull(): boolean {
    return this.changeCount >= this.#limits.changes || this.#bodyBytes >= this.#limits.bodyBytes;
  }

  add(
    { seq, changeCount, bytes }: StoredBlock,
    { header, expanded, signed, signature, hash }: OpenBlock,
  ): void {
    const { stream, prev, closes, auth, seen } = header;
    let run = this.runs.at(-1);
    if (run?.stream !== stream) {
      run = { stream, firstSeq: seq, prev, blocks: [] };
      this.runs.push(run);
    } else if (prev !== this.tips.get(stream)?.hash) {
      throw new DamagedBlock(`block ${seq} of ${stream} does not follow the one before it`);
    }
    run.blocks.push({ closes, auth, seen, changeCount, expanded, signature });
    this.tips.set(stream, { seq, hash });
    this.blockCount += 1;
    this.changeCount += changeCount;
    this.storedBytes += bytes.length;
    this.#bodyBytes += signed.length + expanded.length + frameBytes;
  }
}
