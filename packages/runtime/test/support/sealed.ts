import { decodeBlock, openBlock, readChanges } from "@darksync/core/block";
import { toHex } from "@darksync/core/bytes";
import { failure, success } from "@darksync/core/result";
import type { LogName } from "@darksync/core/vector";
import { encodeSegment, type SealedRun } from "@darksync/log/segment";
import { blockPorts } from "@darksync/node/crypto";
import type { Replica } from "../../src/replica/replica.js";
import type { StoredBlock } from "../../src/store/block-store.js";
import type { ReplicaTables } from "../../src/store/store.js";
import type { SegmentSource } from "../../src/transport.js";

/** What a relay offers, without a relay. */
export class Served implements SegmentSource {
  readonly segments: Map<string, Uint8Array> = new Map();
  /** Addresses of the segments that were fetched, in order. */
  readonly fetched: string[] = [];
  isReachable = true;
  /** Whether the relay was put back to an older copy, and sealed anew. */
  isGone = false;

  async manifest(): Promise<ReturnType<typeof success<null>>> {
    return success(null);
  }

  async segment(
    _url: string,
    _space: string,
    _log: LogName,
    hash: string,
    offset: number,
  ): ReturnType<SegmentSource["segment"]> {
    const bytes = this.segments.get(hash);
    if (!this.isReachable || bytes === undefined)
      return failure("relay-unreachable", "the relay cannot be reached", "Try again.");
    if (this.isGone) return failure("segment-missing", "the relay does not have it", "none");
    this.fetched.push(hash);
    return success(bytes.slice(offset));
  }
}

/** Makes the blocks of a replica that lie in no segment lie in a new one of each log, which is offered. */
export async function sealAll({ store }: Replica, served: Served): Promise<void> {
  for (const log of store.read(({ blocks }) => blocks.logs())) {
    const { number, runs } = store.read((tables) => openRuns(tables, log));
    if (runs.length === 0) continue;
    const compress = async (body: Uint8Array) => blockPorts.compression.compress("brotli", body);
    const sealed = runs.map(({ run }) => run);
    const bytes = await encodeSegment(compress, { log, number, runs: sealed });
    const hash = toHex(blockPorts.hash(bytes));
    served.segments.set(hash, bytes);
    await store.write(({ segments, blocks }) => {
      segments.put(log, { number, hash, byteCount: bytes.length }, bytes);
      for (const { run, stored } of runs)
        for (const block of stored) blocks.seal(log, run.stream, block, number);
    });
  }
}

interface OpenRun {
  readonly run: SealedRun;
  readonly stored: readonly StoredBlock[];
}

function openRuns(
  { blocks, segments }: ReplicaTables,
  log: LogName,
): { readonly number: number; readonly runs: readonly OpenRun[] } {
  const runs: OpenRun[] = [];
  for (const [stream, tip] of blocks.tips(log)) {
    let firstSeq = 1;
    while (firstSeq <= tip.seq && blocks.segmentOf(log, stream, firstSeq) !== null) firstSeq += 1;
    const stored = blocks.read(log, stream, firstSeq, Number.MAX_SAFE_INTEGER);
    const opened = stored.map(({ bytes }) => openedOf(bytes));
    const prev = opened[0]?.header.prev;
    if (prev === undefined) continue;
    const sealed = opened.map(({ header: { closes, auth, seen }, expanded, signature }) => {
      const changeCount = readChanges(expanded)?.length ?? 0;
      return { closes, auth, seen, changeCount, expanded, signature };
    });
    runs.push({ run: { stream, firstSeq, prev, blocks: sealed }, stored });
  }
  return { number: segments.list(log).length, runs };
}

function openedOf(bytes: Uint8Array) {
  const block = decodeBlock(bytes);
  const opened = block === null ? null : openBlock(blockPorts, block);
  if (opened === null) throw new Error("no block");
  return opened;
}
