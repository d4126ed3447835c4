import {
  type BlockDetails,
  type BlockHeader,
  type BlockPorts,
  hashBytes,
  maxBlockBytes,
  type OpenBlock,
  openBlockOf,
  readDetails,
  signatureBytes,
  writeDetails,
} from "@darksync/core/block";
import { bytesOfHex, toHex } from "@darksync/core/bytes";
import {
  decode,
  encode,
  Malformed,
  type Reader,
  readByte,
  readBytes,
  readCount,
  readText,
  readVarUint,
  type Writer,
  writeByte,
  writeBytes,
  writeText,
  writeVarUint,
} from "@darksync/core/codec";
import type { Hash } from "@darksync/core/ports";
import { failure, type Result, success } from "@darksync/core/result";
import { readStreamName, type StreamName, writeStreamName } from "@darksync/core/stream";
import { isLogName, type LogName, maxLogNameBytes } from "@darksync/core/vector";

/** Largest segment, in bytes. */
export const maxSegmentBytes: number = 16 * 1024 * 1024;
/** Largest body of a segment once expanded, in bytes: what a decompression bomb can cost. */
const maxSegmentBodyBytes: number = 16 * 1024 * 1024;

const segmentVersion = 1;
const maxRuns = 65_536;
/**
 * Changes of a segment at most: a few megabytes could hold millions of tiny ones, which take gigabytes to read. A relay
 * seals 16,384 together, and one block more at most.
 */
const maxChanges = 131_072;

/** A block in a segment: what does not follow from its place in the run. */
export interface SealedBlock extends BlockDetails {
  readonly changeCount: number;
  /** The expanded payload, a view of the segment's body: changes, to be read with `readChanges`. */
  readonly expanded: Uint8Array;
  readonly signature: Uint8Array;
}

/** Consecutive blocks of one stream in a segment. */
export interface SealedRun {
  readonly stream: StreamName;
  /** Sequence number of the first block. */
  readonly firstSeq: number;
  /** Hex: the `prev` of the first block; those of the others are the hashes of the blocks before them. */
  readonly prev: string;
  readonly blocks: readonly SealedBlock[];
}

/** A sealed part of a log (L6). */
export interface Segment {
  readonly log: LogName;
  /** How many segments of the log were sealed before: what the head `LOG@number` held. */
  readonly number: number;
  /** One a stream, in the order of their names. */
  readonly runs: readonly SealedRun[];
}

/** A segment as it was read. */
export interface DecodedSegment extends Segment {
  /** What the expanded payloads are views of. */
  readonly body: Uint8Array;
}

/** Compresses the body of a segment as brotli, as small as it pays. */
export type CompressBody = (body: Uint8Array) => Promise<Uint8Array>;

/** The bytes of a segment; their SHA-256 is its address. */
export async function encodeSegment(
  compress: CompressBody,
  { log, number, runs }: Segment,
): Promise<Uint8Array> {
  const body = encode((writer) => writeBody(writer, runs));
  if (body.length > maxSegmentBodyBytes) throw new Error("the blocks do not fit in one segment");
  const compressed = await compress(body);
  return encode((writer) => {
    writeByte(writer, segmentVersion);
    writeText(writer, log);
    writeVarUint(writer, number);
    writeVarUint(writer, body.length);
    writeBytes(writer, compressed);
  });
}

// Signatures do not compress, and payloads compress better without them in between.
function writeBody(writer: Writer, runs: readonly SealedRun[]): void {
  const sorted = [...runs].sort((left, right) => (left.stream < right.stream ? -1 : 1));
  const blocks = sorted.flatMap((run) => run.blocks);
  writeVarUint(writer, sorted.length);
  for (const run of sorted) {
    writeStreamName(writer, run.stream);
    writeVarUint(writer, run.firstSeq);
    writeBytes(writer, bytesOfHex(run.prev));
    writeVarUint(writer, run.blocks.length);
    for (const block of run.blocks) {
      writeDetails(writer, block);
      writeVarUint(writer, block.changeCount);
      writeVarUint(writer, block.expanded.length);
    }
  }
  for (const { signature } of blocks) writeBytes(writer, signature);
  for (const { expanded } of blocks) writeBytes(writer, expanded);
}

/**
 * Reads a segment that was asked for by the hex of its hash. What it holds is as its devices made it only if the chain
 * of `openRun` and the last signature of each run are good. Total: any bytes give a segment or a problem.
 */
export function decodeSegment(
  { hash, compression }: BlockPorts,
  address: string,
  bytes: Uint8Array,
): Result<DecodedSegment, "wrong-hash" | "malformed-segment"> {
  if (bytes.length > maxSegmentBytes) return malformed;
  if (toHex(hash(bytes)) !== address) return wrongHash;
  const outer = decode(bytes, readOuter);
  if (outer === null) return malformed;
  const body = compression.expand("brotli", outer.compressed, outer.bodyBytes);
  const runs = body?.length === outer.bodyBytes ? decode(body, readBody) : null;
  if (body === null || runs === null) return malformed;
  return success({ log: outer.log, number: outer.number, runs, body });
}

const hint = "Ask for the blocks one by one, and tell whoever runs the relay.";
const wrongHash = failure("wrong-hash", "the segment is not the one that was asked for", hint);
const malformed = failure("malformed-segment", "the bytes are no segment", hint);

function readOuter(reader: Reader): {
  readonly log: LogName;
  readonly number: number;
  readonly bodyBytes: number;
  readonly compressed: Uint8Array;
} {
  if (readByte(reader) !== segmentVersion) throw new Malformed("segment version");
  const log = readText(reader, maxLogNameBytes);
  if (!isLogName(log)) throw new Malformed("a log's name");
  const number = readVarUint(reader);
  const bodyBytes = readVarUint(reader);
  if (bodyBytes > maxSegmentBodyBytes) throw new Malformed("body too large");
  return { log, number, bodyBytes, compressed: readBytes(reader, reader.arr.length - reader.pos) };
}

interface RunFrame extends Omit<SealedRun, "blocks"> {
  readonly blocks: readonly BlockFrame[];
}

interface BlockFrame extends BlockDetails {
  readonly changeCount: number;
  readonly expandedBytes: number;
}

function readBody(reader: Reader): readonly SealedRun[] {
  const frames: RunFrame[] = [];
  let previous = "";
  for (let count = readCount(reader, maxRuns); count > 0; count -= 1) {
    const frame = readRunFrame(reader);
    if (frame.stream <= previous) throw new Malformed("streams out of order");
    previous = frame.stream;
    frames.push(frame);
  }
  const blockCount = frames.reduce((sum, frame) => sum + frame.blocks.length, 0);
  if (blockCount === 0) throw new Malformed("a segment without blocks");
  if (countChanges(frames) > maxChanges) throw new Malformed("too many changes");
  const signatures = readBytes(reader, blockCount * signatureBytes);
  let at = 0;
  return frames.map(({ blocks, ...run }) => ({
    ...run,
    blocks: blocks.map(({ expandedBytes, ...block }) => {
      const signature = signatures.subarray(at, at + signatureBytes);
      at += signatureBytes;
      return { ...block, expanded: readBytes(reader, expandedBytes), signature };
    }),
  }));
}

function countChanges(frames: readonly RunFrame[]): number {
  let count = 0;
  for (const { blocks } of frames) for (const { changeCount } of blocks) count += changeCount;
  return count;
}

function readRunFrame(reader: Reader): RunFrame {
  const stream = readStreamName(reader);
  const firstSeq = readVarUint(reader);
  const prev = toHex(readBytes(reader, hashBytes));
  const blocks: BlockFrame[] = [];
  for (let count = readCount(reader, reader.arr.length); count > 0; count -= 1) {
    const details = readDetails(reader);
    const changeCount = readVarUint(reader);
    const expandedBytes = readVarUint(reader);
    if (changeCount === 0 || expandedBytes > maxBlockBytes) throw new Malformed("a block's size");
    blocks.push({ ...details, changeCount, expandedBytes });
  }
  const isInOrder = firstSeq > 0 && Number.isSafeInteger(firstSeq + blocks.length) && blocks.length > 0;
  if (!isInOrder) throw new Malformed("a run's place");
  return { stream, firstSeq, prev, blocks };
}

/** The header of the block at `index` of a run, `prev` being the hash of the one before it. */
export function sealedHeader(run: SealedRun, index: number, prev: string): BlockHeader {
  const block = run.blocks[index];
  if (block === undefined) throw new Error(`no block ${index} in the run`);
  const { closes, auth, seen } = block;
  return { stream: run.stream, seq: run.firstSeq + index, prev, closes, auth, seen };
}

/** The blocks of a run with their hashes, each naming the one before it as its `prev`; null if one is too large. */
export function openRun(hash: Hash, run: SealedRun): readonly OpenBlock[] | null {
  const opened: OpenBlock[] = [];
  let { prev } = run;
  for (const [index, { expanded, signature }] of run.blocks.entries()) {
    const block = openBlockOf(hash, sealedHeader(run, index, prev), expanded, signature);
    if (block === null) return null;
    prev = block.hash;
    opened.push(block);
  }
  return opened;
}
