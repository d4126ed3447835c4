import { type BlockHeader, type BlockPorts, type OpenBlock, readChanges } from "@darksync/core/block";
import type { Verify } from "@darksync/core/ports";
import { failure, type Result, success } from "@darksync/core/result";
import { deviceOf, parseStreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import type { ChainedRun } from "@darksync/log/admit-chained";
import { decodeSegment, openRun, type SealedRun } from "@darksync/log/segment";
import { type ReadChange, readChange } from "./read-change.js";

/** A block out of a segment, its changes read. */
export interface OpenedBlock {
  readonly header: BlockHeader;
  /** Hex. */
  readonly hash: string;
  readonly changes: readonly ReadChange[];
}

/** A segment whose hash, chains and signatures are good. Plain data: another thread may have made it. */
export interface OpenedSegment {
  readonly log: LogName;
  readonly number: number;
  readonly runs: readonly ChainedRun<OpenedBlock>[];
}

/** What opening a segment takes. */
export interface OpenPorts extends BlockPorts {
  readonly verify: Verify;
}

/** Reads a segment that was asked for by the hex of its hash, and checks all that can be checked by itself. */
export type OpenSegment = (address: string, bytes: Uint8Array) => Promise<Result<OpenedSegment>>;

/** `OpenSegment` on the thread of its caller. */
export function segmentOpener(ports: OpenPorts): OpenSegment {
  return (address, bytes) => openSegment(ports, address, bytes);
}

/** Reads a segment and checks all that can be checked by itself: its hash, the chains, the signatures, the payloads. */
export async function openSegment(
  ports: OpenPorts,
  address: string,
  bytes: Uint8Array,
): Promise<Result<OpenedSegment>> {
  const decoded = decodeSegment(ports, address, bytes);
  if (!decoded.ok) return decoded;
  const { log, number } = decoded.value;
  const runs: ChainedRun<OpenedBlock>[] = [];
  for (const run of decoded.value.runs) {
    const opened = openRun(ports.hash, run);
    if (opened === null || !(await isSigned(ports, run, opened))) return unsigned;
    const blocks = readBlocks(ports, log, run, opened);
    if (blocks === null) return unsigned;
    runs.push({ stream: run.stream, firstSeq: run.firstSeq, prev: run.prev, blocks });
  }
  return success({ log, number, runs });
}

const unsigned = failure(
  "forged-segment",
  "the segment holds blocks that are not as their devices made them",
  "They are asked for one by one. Tell whoever runs the relay.",
);

/** By the chain, the signature of the last block vouches for all before it. */
function isSigned(
  { verify }: OpenPorts,
  { stream }: SealedRun,
  opened: readonly OpenBlock[],
): Promise<boolean> {
  const last = opened.at(-1);
  const place = parseStreamName(stream);
  if (last === undefined || place === null) return Promise.resolve(false);
  return verify(place.device, last.signed, last.signature);
}

function readBlocks(
  { hash }: OpenPorts,
  log: LogName,
  run: SealedRun,
  opened: readonly OpenBlock[],
): readonly OpenedBlock[] | null {
  const device = deviceOf(run.stream);
  const blocks: OpenedBlock[] = [];
  for (const [index, block] of opened.entries()) {
    const encoded = readChanges(block.expanded);
    if (encoded === null || encoded.length !== run.blocks[index]?.changeCount) return null;
    const changes = encoded.map((bytes) => {
      const { id, time, effects } = readChange(hash, device, log, bytes);
      return { id, time, effects };
    });
    blocks.push({ header: block.header, hash: block.hash, changes });
  }
  return blocks;
}
