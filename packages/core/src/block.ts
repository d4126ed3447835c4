import { bytesOfHex, hexHash, toHex } from "./bytes.js";
import {
  decode,
  encode,
  Malformed,
  type Reader,
  readByte,
  readBytes,
  readLengthAndBytes,
  readVarUint,
  type Writer,
  writeByte,
  writeBytes,
  writeLengthAndBytes,
  writeText,
  writeVarUint,
} from "./codec.js";
import type { Compression, CompressionMethod, Hash } from "./ports.js";
import { epochBytes, readStreamName, type StreamName, writeStreamName } from "./stream.js";
import {
  type LogName,
  readSeen,
  readVector,
  type Seen,
  type Vector,
  writeSeen,
  writeVector,
} from "./vector.js";

/** Largest block, in bytes, compressed or not: so one that was taken out of a segment can always be packed again. */
export const maxBlockBytes: number = 768 * 1024;
/** Bytes of a SHA-256 hash. */
export const hashBytes: number = 32;
/** Bytes of an Ed25519 signature. */
export const signatureBytes: number = 64;

const blockVersion = 1;
// As many as the smallest changes that a payload can hold: a payload of nothing but empty ones expands no further.
const maxChangesPerBlock = maxBlockBytes / 16;
const methods: readonly CompressionMethod[] = ["none", "deflate-raw", "brotli"];

/** Where the previous epoch of the same device in the same log was closed (C3). Blocks beyond `seq` count nowhere. */
export interface Closing {
  /** Hex of the epoch that ends. */
  readonly epoch: string;
  /** Its last block that counts; 0 if none does. */
  readonly seq: number;
  /** Hex of that block's hash (of the stream's root if `seq` is 0). */
  readonly hash: string;
}

/** What a block says beside its place and its changes. */
export interface BlockDetails {
  readonly closes: Closing | null;
  /** What the auth log held when this was written, beyond the previous block's `auth`. */
  readonly auth: Vector;
  /** What its device had folded, beyond the previous block's `seen`. */
  readonly seen: Seen;
}

/** All of a block but its payload and signature (C2). */
export interface BlockHeader extends BlockDetails {
  readonly stream: StreamName;
  /** Counted from 1. */
  readonly seq: number;
  /** Hex: hash of the stream's previous block; for the first one `streamRoot(space, log, stream)`. */
  readonly prev: string;
}

/** A block as read from bytes: nothing of it is checked. */
export interface Block extends BlockHeader {
  readonly method: CompressionMethod;
  /** Compressed changes, to be read with `openBlock` or `readPayload`. */
  readonly payload: Uint8Array;
  readonly payloadBytes: number;
  readonly signature: Uint8Array;
}

/** A block with its payload expanded, so that what was signed and its hash are known. */
export interface OpenBlock {
  readonly header: BlockHeader;
  /** The payload: changes, to be read with `readChanges`. */
  readonly expanded: Uint8Array;
  /** What the signature is over (C2.2). */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  /** Hex: what the next block of the stream names as its `prev` (C2.3). It is the same however the block is packed. */
  readonly hash: string;
}

/** A block that its device has yet to sign. */
export interface UnsignedBlock {
  /** The bytes to sign. */
  readonly signed: Uint8Array;
  /** The bytes to store and send, all but the signature. */
  readonly packed: Uint8Array;
}

/** What opening a block takes. */
export interface BlockPorts {
  readonly hash: Hash;
  readonly compression: Compression;
}

/** The `prev` of a stream's first block: it ties a block to one log of one space. */
export function streamRoot(hash: Hash, space: string, log: LogName, stream: StreamName): string {
  return toHex(
    hash(
      encode((writer) => {
        writeText(writer, "darksync stream root 1");
        writeText(writer, space);
        writeText(writer, log);
        writeText(writer, stream);
      }),
    ),
  );
}

/** The block with its payload expanded; null if that does not expand to its length, or the block is too large then. */
export function openBlock({ hash, compression }: BlockPorts, block: Block): OpenBlock | null {
  const expanded = expandPayload(compression, block);
  return expanded === null ? null : openBlockOf(hash, block, expanded, block.signature);
}

/** A block of its parts, whatever it was packed in; null if it is too large. */
export function openBlockOf(
  hash: Hash,
  header: BlockHeader,
  expanded: Uint8Array,
  signature: Uint8Array,
): OpenBlock | null {
  const signed = signedBytes(hash, header, expanded);
  if (!fitsInBlock(signed, expanded)) return null;
  return { header, expanded, signed, signature, hash: signedHash(hash, signed, signature) };
}

/** The hash (hex) of a block that was just signed. */
export function signedHash(hash: Hash, signed: Uint8Array, signature: Uint8Array): string {
  return hexHash(hash, joined(signed, signature));
}

/** The hash (hex) of a block as it is stored; null if the bytes are none. */
export function blockHash(ports: BlockPorts, bytes: Uint8Array): string | null {
  const block = decodeBlock(bytes);
  return block === null ? null : (openBlock(ports, block)?.hash ?? null);
}

// The header as it is written, not as it came: numbers may be padded, and a block that was packed anew has one form.
function signedBytes(hash: Hash, header: BlockHeader, expanded: Uint8Array): Uint8Array {
  return encode((writer) => {
    writeByte(writer, blockVersion);
    writeHeader(writer, header);
    writeVarUint(writer, expanded.length);
    writeBytes(writer, hash(expanded));
  });
}

// What is signed is the header and a hash, which takes more than what is left of a payload's frame.
function fitsInBlock(signed: Uint8Array, expanded: Uint8Array): boolean {
  return signed.length + expanded.length + signatureBytes <= maxBlockBytes;
}

/** A block without its signature. `changes` are encoded changes, in order; throws if they do not fit. */
export function encodeUnsignedBlock(
  { hash, compression }: BlockPorts,
  header: BlockHeader,
  changes: readonly Uint8Array[],
): UnsignedBlock {
  const expanded = encode((writer) => {
    for (const change of changes) writeLengthAndBytes(writer, change);
  });
  const signed = signedBytes(hash, header, expanded);
  if (!fitsInBlock(signed, expanded) || changes.length > maxChangesPerBlock)
    throw new Error("the changes do not fit in one block");
  return { signed, packed: packUnsigned(compression, header, expanded, changes.length) };
}

/** What a block can be packed from. */
export type PackableBlock = Pick<OpenBlock, "header" | "expanded" | "signature">;

/** The bytes of a block that was taken out of a segment: compressed anew, with the hash and signature it had. */
export function packBlock(
  compression: Compression,
  { header, expanded, signature }: PackableBlock,
  changeCount: number,
): Uint8Array {
  return joined(packUnsigned(compression, header, expanded, changeCount), signature);
}

/** The bytes of a block that was taken out of a segment to be read here: not compressed. */
export function packPlainBlock({ header, expanded, signature }: PackableBlock): Uint8Array {
  return joined(packed(header, expanded, { method: "none", payload: expanded }), signature);
}

function packUnsigned(
  compression: Compression,
  header: BlockHeader,
  expanded: Uint8Array,
  changeCount: number,
): Uint8Array {
  return packed(header, expanded, smallestPayload(compression, expanded, changeCount));
}

function packed(
  header: BlockHeader,
  expanded: Uint8Array,
  { method, payload }: { readonly method: CompressionMethod; readonly payload: Uint8Array },
): Uint8Array {
  return encode((writer) => {
    writeByte(writer, blockVersion);
    writeHeader(writer, header);
    writeByte(writer, methods.indexOf(method));
    writeVarUint(writer, expanded.length);
    writeLengthAndBytes(writer, payload);
  });
}

/** What a packet has room for beside a block's header and signature. */
const leastBytesCompressed = 1024;

// Brotli gains on deflate only with a large window of text; a single live change is rarely worth its start-up. Small ones
// are not worth that of deflate: it takes longer than signing, and unpacking as long as a look at the signature.
function smallestPayload(
  compression: Compression,
  raw: Uint8Array,
  changeCount: number,
): { method: CompressionMethod; payload: Uint8Array } {
  if (changeCount === 1 && raw.length < leastBytesCompressed) return { method: "none", payload: raw };
  const method: CompressionMethod = changeCount > 1 || raw.length > 4096 ? "brotli" : "deflate-raw";
  const payload = compression.compress(method, raw);
  return payload.length < raw.length ? { method, payload } : { method: "none", payload: raw };
}

/** The block as it is stored and sent. */
export function joinSignature({ packed }: UnsignedBlock, signature: Uint8Array): Uint8Array {
  return joined(packed, signature);
}

function joined(start: Uint8Array, end: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(start.length + end.length);
  bytes.set(start);
  bytes.set(end, start.length);
  return bytes;
}

/** Reads a block's header; the payload stays compressed and the signature unchecked. Null if malformed. */
export function decodeBlock(bytes: Uint8Array): Block | null {
  if (bytes.length > maxBlockBytes || bytes.length < signatureBytes) return null;
  const signature = bytes.subarray(bytes.length - signatureBytes);
  return decode(bytes.subarray(0, bytes.length - signatureBytes), (reader) => {
    if (readByte(reader) !== blockVersion) throw new Malformed("block version");
    const header = readHeader(reader);
    const method = methods[readByte(reader)];
    if (method === undefined) throw new Malformed("compression method");
    const payloadBytes = readVarUint(reader);
    if (payloadBytes > maxBlockBytes) throw new Malformed("payload too large");
    const payload = readLengthAndBytes(reader, maxBlockBytes);
    return { ...header, method, payloadBytes, payload, signature };
  });
}

/** The encoded changes of a block, or null if its payload is not well-formed. */
export function readPayload(compression: Compression, block: Block): readonly Uint8Array[] | null {
  const expanded = expandPayload(compression, block);
  return expanded === null ? null : readChanges(expanded);
}

function expandPayload(compression: Compression, block: Block): Uint8Array | null {
  const expanded = compression.expand(block.method, block.payload, block.payloadBytes);
  return expanded?.length === block.payloadBytes ? expanded : null;
}

/** The encoded changes of an expanded payload, or null if it is not well-formed. */
export function readChanges(expanded: Uint8Array): readonly Uint8Array[] | null {
  return decode(expanded, (reader) => {
    const changes: Uint8Array[] = [];
    while (reader.pos < expanded.length) {
      if (changes.length === maxChangesPerBlock) throw new Malformed("too many changes");
      changes.push(readLengthAndBytes(reader, maxBlockBytes));
    }
    if (changes.length === 0) throw new Malformed("a block without changes");
    return changes;
  });
}

function writeHeader(writer: Writer, header: BlockHeader): void {
  writeStreamName(writer, header.stream);
  writeVarUint(writer, header.seq);
  writeBytes(writer, bytesOfHex(header.prev));
  writeDetails(writer, header);
}

function readHeader(reader: Reader): BlockHeader {
  const stream = readStreamName(reader);
  const seq = readVarUint(reader);
  if (seq === 0) throw new Malformed("blocks count from 1");
  const prev = toHex(readBytes(reader, hashBytes));
  return { stream, seq, prev, ...readDetails(reader) };
}

/** Writes what a block says beside its place, as it stands in blocks and in segments. */
export function writeDetails(writer: Writer, { closes, auth, seen }: BlockDetails): void {
  writeByte(writer, closes === null ? 0 : 1);
  if (closes !== null) {
    writeBytes(writer, bytesOfHex(closes.epoch));
    writeVarUint(writer, closes.seq);
    writeBytes(writer, bytesOfHex(closes.hash));
  }
  writeVector(writer, auth);
  writeSeen(writer, seen);
}

/** Reads what `writeDetails` wrote. */
export function readDetails(reader: Reader): BlockDetails {
  const closes = readClosing(reader);
  const auth = readVector(reader);
  return { closes, auth, seen: readSeen(reader) };
}

function readClosing(reader: Reader): Closing | null {
  const flag = readByte(reader);
  if (flag > 1) throw new Malformed("closing flag");
  if (flag === 0) return null;
  const epoch = toHex(readBytes(reader, epochBytes));
  const seq = readVarUint(reader);
  return { epoch, seq, hash: toHex(readBytes(reader, hashBytes)) };
}
