import { type BlockHeader, type BlockPorts, type OpenBlock, readChanges } from "@darksync/core/block";
import type { Verify } from "@darksync/core/ports";
import { failure, type Result, success } from "@darksync/core/result";
import { deviceOf, parseStreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import type { ChainedRun } from "@darksync/log/admit-chained";
import { type DecodedSegment, decodeSegment, openRun, type SealedRun } from "@darksync/log/segment";
import { readChange } from "./read-change.js";
import { type SealedChanges, SealedChangesBuilder } from "./sealed-changes.js";

/** A block out of a segment whose changes were read. */
export interface OpenedBlock {
  readonly header: BlockHeader;
  /** Hex. */
  readonly hash: string;
  readonly changeCount: number;
  /** Which of the segment's changes its first one is. */
  readonly firstChange: number;
}

/** A segment whose hash, chains and signatures are good. Plain data: another thread may have made it. */
export interface OpenedSegment {
  readonly log: LogName;
  readonly number: number;
  readonly runs: readonly ChainedRun<OpenedBlock>[];
  /** The changes of all blocks, in their order. */
  readonly changes: SealedChanges;
  /** The bytes that it expands to. */
  readonly body: Uint8Array;
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
  const { log, number, body } = decoded.value;
  const runs: ChainedRun<OpenedBlock>[] = [];
  const changes = new SealedChangesBuilder();
  for (const run of decoded.value.runs) {
    const opened = openRun(ports.hash, run);
    if (opened === null || !(await isSigned(ports, run, opened))) return unsigned;
    const blocks = readBlocks(ports, decoded.value, run, opened, changes);
    if (blocks === null) return unsigned;
    runs.push({ stream: run.stream, firstSeq: run.firstSeq, prev: run.prev, blocks });
  }
  return success({ log, number, runs, changes: changes.columns(), body });
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
  { log, body }: DecodedSegment,
  run: SealedRun,
  opened: readonly OpenBlock[],
  changes: SealedChangesBuilder,
): readonly OpenedBlock[] | null {
  const device = deviceOf(run.stream);
  const blocks: OpenedBlock[] = [];
  for (const [index, block] of opened.entries()) {
    const encoded = readChanges(block.expanded);
    if (encoded === null || encoded.length !== run.blocks[index]?.changeCount) return null;
    const { header, hash: blockHash } = block;
    blocks.push({ header, hash: blockHash, changeCount: encoded.length, firstChange: changes.count });
    for (const bytes of encoded) {
      const { id, time, effects } = readChange(hash, device, log, bytes);
      changes.add({ id, time, effects, at: bytes.byteOffset - body.byteOffset, byteCount: bytes.length });
    }
  }
  return blocks;
}
