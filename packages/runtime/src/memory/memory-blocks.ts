import type { StreamName } from "@darksync/core/stream";
import type { LogName, Vector } from "@darksync/core/vector";
import type { BlockStore, DurableStore, StoredBlock, Tip } from "../store/block-store.js";
import { EvictedError, unlessEvicted } from "../store/evicted-error.js";
import type { SealedBlocks } from "../store/sealed-blocks.js";
import type { SegmentStore } from "../store/segment-store.js";
import { type Journal, JournaledMap } from "./journal.js";

interface StreamState {
  readonly log: LogName;
  readonly name: StreamName;
  readonly tip: Tip | null;
  readonly durableSeq: number;
  readonly closedAt: number | null;
}

type BlockRow = Omit<StoredBlock, "bytes"> &
  (
    | { readonly bytes: Uint8Array; readonly segment: null }
    | { readonly bytes: null; readonly segment: number }
  );

/** The rows of the logs and what is durable of them, in memory. */
export class MemoryBlocks implements BlockStore, DurableStore {
  readonly #streams: JournaledMap<string, StreamState>;
  readonly #blocks: JournaledMap<string, BlockRow>;
  readonly #segments: SegmentStore;
  readonly #sealed: SealedBlocks;

  constructor(journal: Journal, segments: SegmentStore, sealed: SealedBlocks) {
    this.#segments = segments;
    this.#sealed = sealed;
    this.#streams = new JournaledMap(journal);
    this.#blocks = new JournaledMap(journal);
  }

  logs(): readonly LogName[] {
    const held = this.#streams.values().filter((state) => state.tip !== null);
    return [...new Set(held.map((state) => state.log))].sort();
  }

  tips(log: LogName): ReadonlyMap<StreamName, Tip> {
    const tips = new Map<StreamName, Tip>();
    for (const { name, tip } of this.#streamsOf(log)) if (tip !== null) tips.set(name, tip);
    return tips;
  }

  tip(log: LogName, stream: StreamName): Tip | null {
    return this.#stateOf(log, stream).tip;
  }

  hashAt(log: LogName, stream: StreamName, seq: number): string | null {
    return this.#block(log, stream, seq)?.hash ?? null;
  }

  append(log: LogName, stream: StreamName, block: StoredBlock): void {
    this.#add(log, stream, { ...block, segment: null });
  }

  seal(log: LogName, stream: StreamName, block: Omit<StoredBlock, "bytes">, segment: number): void {
    const held = this.#block(log, stream, block.seq);
    if (held === null) this.#add(log, stream, { ...block, bytes: null, segment });
    else this.#blocks.set(blockKey(log, stream, block.seq), { ...held, bytes: null, segment });
  }

  unseal(log: LogName, stream: StreamName, seq: number, bytes: Uint8Array): void {
    const held = this.#block(log, stream, seq);
    if (held === null) throw new Error(`block ${seq} of ${stream} in ${log} is not held`);
    this.#blocks.set(blockKey(log, stream, seq), { ...held, bytes, segment: null });
  }

  segmentOf(log: LogName, stream: StreamName, seq: number): number | null {
    return this.#block(log, stream, seq)?.segment ?? null;
  }

  read(log: LogName, stream: StreamName, firstSeq: number, maxBytes: number): readonly StoredBlock[] {
    const blocks: StoredBlock[] = [];
    let room = maxBytes;
    for (let seq = Math.max(firstSeq, 1); ; seq += 1) {
      const row = this.#block(log, stream, seq);
      if (row === null) return blocks;
      const isFirst = blocks.length === 0;
      const bytes =
        row.bytes ?? unlessEvicted(isFirst, () => this.#sealedBytes(log, stream, seq, row.segment));
      if (bytes === null) return blocks;
      room -= bytes.length;
      if (room < 0 && !isFirst) return blocks;
      blocks.push({ seq, hash: row.hash, changeCount: row.changeCount, bytes });
    }
  }

  countChanges(log: LogName, stream: StreamName, after: number, last: number): number {
    let count = 0;
    for (let seq = after + 1; seq <= last; seq += 1) count += this.#block(log, stream, seq)?.changeCount ?? 0;
    return count;
  }

  truncate(log: LogName, stream: StreamName, seq: number): void {
    const state = this.#stateOf(log, stream);
    if (state.tip === null || state.tip.seq <= seq) return;
    for (let last = state.tip.seq; last > seq; last -= 1) this.#blocks.delete(blockKey(log, stream, last));
    const tip = this.#block(log, stream, seq);
    this.#keep({ ...state, tip: tip === null ? null : { seq, hash: tip.hash } });
  }

  closedAt(log: LogName, stream: StreamName): number | null {
    return this.#stateOf(log, stream).closedAt;
  }

  close(log: LogName, stream: StreamName, seq: number): void {
    this.#keep({ ...this.#stateOf(log, stream), closedAt: seq });
  }

  durable(log: LogName): Vector {
    const vector = new Map<StreamName, number>();
    for (const { name, durableSeq } of this.#streamsOf(log)) if (durableSeq > 0) vector.set(name, durableSeq);
    return vector;
  }

  setDurable(log: LogName, vector: Vector): void {
    for (const state of this.#streamsOf(log)) {
      if (!vector.has(state.name) && state.durableSeq > 0) this.#keep({ ...state, durableSeq: 0 });
    }
    for (const [stream, durableSeq] of vector) {
      const state = this.#stateOf(log, stream);
      if (state.durableSeq !== durableSeq) this.#keep({ ...state, durableSeq });
    }
  }

  countBeyondDurable(log: LogName): number {
    let count = 0;
    for (const { name, tip, durableSeq } of this.#streamsOf(log)) {
      for (let seq = durableSeq + 1; seq <= (tip?.seq ?? 0); seq += 1) {
        count += this.#block(log, name, seq)?.changeCount ?? 0;
      }
    }
    return count;
  }

  #add(log: LogName, stream: StreamName, row: BlockRow): void {
    const state = this.#stateOf(log, stream);
    if (row.seq !== (state.tip?.seq ?? 0) + 1) {
      throw new Error(`block ${row.seq} of ${stream} in ${log} is not the next one`);
    }
    this.#blocks.set(blockKey(log, stream, row.seq), row);
    this.#keep({ ...state, tip: { seq: row.seq, hash: row.hash } });
  }

  #sealedBytes(log: LogName, stream: StreamName, seq: number, number: number): Uint8Array {
    const segment = this.#segments.get(log, number);
    if (segment === null) throw new Error(`block ${seq} of ${stream} lies in a segment that is not there`);
    if (segment.heldBytes < segment.byteCount) throw new EvictedError([segment.hash]);
    const prev = this.hashAt(log, stream, seq - 1);
    return this.#sealed.bytesOf(
      { segment: segment.hash, stream, seq, prev },
      () => this.#segments.bytes(log, number) ?? new Uint8Array(0),
    );
  }

  #streamsOf(log: LogName): readonly StreamState[] {
    return this.#streams.values().filter((state) => state.log === log);
  }

  #stateOf(log: LogName, name: StreamName): StreamState {
    const known = this.#streams.get(streamKey(log, name));
    return known ?? { log, name, tip: null, durableSeq: 0, closedAt: null };
  }

  #keep(state: StreamState): void {
    this.#streams.set(streamKey(state.log, state.name), state);
  }

  #block(log: LogName, stream: StreamName, seq: number): BlockRow | null {
    return this.#blocks.get(blockKey(log, stream, seq)) ?? null;
  }
}

function streamKey(log: LogName, stream: StreamName): string {
  return `${stream} ${log}`;
}

function blockKey(log: LogName, stream: StreamName, seq: number): string {
  return `${stream} ${seq} ${log}`;
}
