import { streamRoot } from "@darksync/core/block";
import type { Signer } from "@darksync/core/ports";
import { deviceOf, type StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import { admitRuns } from "@darksync/log/admission";
import type { AdmissionView } from "@darksync/log/admission-view";
import { encodeManifest, type SealedTip, type SegmentEntry } from "@darksync/log/manifest";
import { tagOf } from "@darksync/sync/digest";
import { batchBytes } from "@darksync/sync/message";
import { admissionView } from "../replica/log-view.js";
import { type OpenedSegment, openSegment } from "../replica/open-segment.js";
import type { SalvagedStream } from "../store/block-salvage.js";
import type { BlockStore } from "../store/block-store.js";
import type { RelayTables, Store } from "../store/store.js";
import type { CheckPorts } from "./check-update.js";
import type { RelaySalvage, SalvagedSegment } from "./relay-salvage.js";
import { appendBlock } from "./relay-space.js";

/** What a relay's copy of a space is made anew with. */
export interface RebuildPorts extends CheckPorts {
  /** The relay's key: it signs which segments were kept. */
  readonly signer: Signer;
}

/** What came of it. */
export interface RebuiltSpace {
  readonly blocks: number;
  readonly segments: number;
  /** Segments that could not be kept as they were. Those of their blocks that can be read lie in rows again. */
  readonly lostSegments: number;
  /** Streams of which blocks are missing: what the damaged store says it had, and what of it is here. */
  readonly lacking: readonly (SalvagedStream & { readonly held: number })[];
}

/**
 * Makes a relay's copy of a space anew in an empty store, from what can be read of the damaged one (S8): of each log the
 * segments from the first on as long as they are good, byte for byte, since clients know them by their hashes; behind
 * them every block that follows a good one. All is admitted as from a stranger, but for the right to write, which was
 * judged when it came. What is missing is missing at the ends of streams, so the durable vector is lower, and clients
 * offer it again (L5).
 */
export async function rebuildSpace(
  ports: RebuildPorts,
  space: string,
  salvage: RelaySalvage,
  store: Store<RelayTables>,
  onProgress: (done: number, total: number) => Promise<void>,
): Promise<RebuiltSpace> {
  const rebuild = new Rebuild(ports, space, salvage, store);
  const streams = salvage.streams();
  const total = streams.reduce((sum, { tip }) => sum + tip, 0);
  for (const log of salvage.logs()) {
    await rebuild.keepSegments(log);
    await onProgress(rebuild.blocks, total);
    for (const stream of streams) {
      if (stream.log !== log) continue;
      while (await rebuild.keepBlocks(stream)) await onProgress(rebuild.blocks, total);
    }
  }
  const { blocks, segments, lostSegments } = rebuild;
  const held = streams.map((stream) => ({ ...stream, held: rebuild.held(stream.log, stream.stream) }));
  return { blocks, segments, lostSegments, lacking: held.filter(({ tip, held: has }) => has < tip) };
}

class Rebuild {
  blocks = 0;
  segments = 0;
  lostSegments = 0;
  readonly #ports: RebuildPorts;
  readonly #space: string;
  readonly #salvage: RelaySalvage;
  readonly #store: Store<RelayTables>;

  constructor(ports: RebuildPorts, space: string, salvage: RelaySalvage, store: Store<RelayTables>) {
    this.#ports = ports;
    this.#space = space;
    this.#salvage = salvage;
    this.#store = store;
  }

  /** Keeps the log's segments up to the first that is not good. */
  async keepSegments(log: LogName): Promise<void> {
    const count = this.#salvage.segmentCount(log);
    const kept: SegmentEntry[] = [];
    const tips = new Map<StreamName, SealedTip>();
    while (kept.length < count) {
      const salvaged = this.#salvage.segment(this.#ports.hash, log, kept.length);
      const entry = salvaged === null ? null : await this.#keepSegment(log, kept.length, salvaged, tips);
      if (entry === null) break;
      kept.push(entry);
    }
    this.segments += kept.length;
    this.lostSegments += count - kept.length;
    if (kept.length === 0) return;
    const manifest = { space: this.#space, log, segments: kept, tips: [...tips.values()] };
    const bytes = await encodeManifest(this.#ports.signer, manifest);
    await this.#store.write(({ manifests }) => manifests.set(log, bytes));
  }

  /** Keeps some of a stream's next blocks; false if there is none that is good. */
  async keepBlocks(stream: SalvagedStream): Promise<boolean> {
    const firstSeq = this.held(stream.log, stream.stream) + 1;
    const read = this.#salvage.blocks(stream, firstSeq, batchBytes);
    if (read.length === 0) return false;
    const run = { stream: stream.stream, firstSeq, blocks: read.map(({ bytes }) => bytes) };
    const { admitted } = await admitRuns(this.#ports, stream.log, this.#view(stream.log), [run]);
    await this.#store.write(({ blocks }) => {
      for (const block of admitted) appendBlock(blocks, stream.log, block);
    });
    this.blocks += admitted.length;
    return admitted.length > 0;
  }

  /** The last block of a stream that is kept. */
  held(log: LogName, stream: StreamName): number {
    return this.#store.read(({ blocks }) => blocks.tip(log, stream)?.seq ?? 0);
  }

  async #keepSegment(
    log: LogName,
    number: number,
    { hash, bytes }: SalvagedSegment,
    tips: Map<StreamName, SealedTip>,
  ): Promise<SegmentEntry | null> {
    const opened = await openSegment(this.#ports, hash, bytes);
    if (!opened.ok || opened.value.log !== log || opened.value.number !== number) return null;
    const { runs } = opened.value;
    const entry = { hash, byteCount: bytes.length, ...countsOf(opened.value) };
    const isKept = await this.#store.write(({ blocks, segments }) => {
      const isNext = runs.every(({ stream, firstSeq, prev }) => {
        const tip = blocks.tip(log, stream);
        const root = () => streamRoot(this.#ports.hash, this.#space, log, stream);
        return firstSeq === (tip?.seq ?? 0) + 1 && prev === (tip?.hash ?? root());
      });
      if (!isNext) return false;
      segments.put(log, { number, hash, byteCount: bytes.length }, bytes);
      for (const run of runs) sealRun(blocks, log, run, number);
      return true;
    });
    if (!isKept) return null;
    for (const { stream, blocks } of runs) {
      const last = blocks.at(-1);
      if (last !== undefined) tips.set(stream, { stream, seq: last.header.seq, tag: tagOf(last.hash) });
    }
    this.blocks += entry.blockCount;
    return entry;
  }

  /** Read anew for each run. Nothing else writes to this store. */
  #view(log: LogName): AdmissionView {
    const view = (blocks: BlockStore) => admissionView(this.#ports.hash, blocks, this.#space, log);
    return {
      stream: (stream) => this.#store.read(({ blocks }) => view(blocks).stream(stream)),
      hashAt: (stream, seq) => this.#store.read(({ blocks }) => view(blocks).hashAt(stream, seq)),
      authority: () => ({ kind: "allowed" }),
    };
  }
}

function countsOf({ runs }: OpenedSegment): Pick<SegmentEntry, "blockCount" | "changeCount"> {
  const blocks = runs.flatMap((run) => run.blocks);
  return {
    blockCount: blocks.length,
    changeCount: blocks.reduce((sum, { changeCount }) => sum + changeCount, 0),
  };
}

function sealRun(
  blocks: BlockStore,
  log: LogName,
  run: OpenedSegment["runs"][number],
  segment: number,
): void {
  for (const { header, hash, changeCount } of run.blocks) {
    const { seq, closes } = header;
    blocks.seal(log, run.stream, { seq, hash, changeCount }, segment);
    if (closes !== null) blocks.close(log, `${deviceOf(run.stream)}.${closes.epoch}`, closes.seq);
  }
}
