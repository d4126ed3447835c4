import { bytesOfHex, toHex } from "./bytes.js";
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

/** Largest block, in bytes. */
export const maxBlockBytes: number = 768 * 1024;
/** Largest payload of a block once expanded, in bytes: what a decompression bomb can cost. */
export const maxPayloadBytes: number = 1024 * 1024;
/** Bytes of a SHA-256 hash. */
export const hashBytes: number = 32;
/** Bytes of an Ed25519 signature. */
export const signatureBytes: number = 64;

const blockVersion = 1;
// As many as the smallest changes that a payload can hold: a payload of nothing but empty ones expands no further.
const maxChangesPerBlock = maxPayloadBytes / 16;
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

/** All of a block but its payload and signature (C2). */
export interface BlockHeader {
  readonly stream: StreamName;
  /** Counted from 1. */
  readonly seq: number;
  /** Hex: hash of the stream's previous block; for the first one `streamRoot(space, log, stream)`. */
  readonly prev: string;
  readonly closes: Closing | null;
  /** What the auth log held when this was written, beyond the previous block's `auth`. */
  readonly auth: Vector;
  /** What its device had folded, beyond the previous block's `seen`. */
  readonly seen: Seen;
}

/** A block as read from bytes. */
export interface Block extends BlockHeader {
  readonly method: CompressionMethod;
  /** Compressed changes, to be read with `readPayload`. */
  readonly payload: Uint8Array;
  readonly payloadBytes: number;
  /** What the signature is over. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
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

/** The hash that the next block of the stream names as its `prev`: over all bytes, signature included. */
export function blockHash(hash: Hash, block: Uint8Array): string {
  return toHex(hash(block));
}

/** A block without its signature: the bytes to sign. `changes` are encoded changes, in order. */
export function encodeUnsignedBlock(
  compression: Compression,
  header: BlockHeader,
  changes: readonly Uint8Array[],
): Uint8Array {
  const raw = encode((writer) => {
    for (const change of changes) writeLengthAndBytes(writer, change);
  });
  if (raw.length > maxPayloadBytes || changes.length > maxChangesPerBlock)
    throw new Error("the changes do not fit in one block");
  const { method, payload } = smallestPayload(compression, raw, changes.length);
  const unsigned = encode((writer) => {
    writeByte(writer, blockVersion);
    writeHeader(writer, header);
    writeByte(writer, methods.indexOf(method));
    writeVarUint(writer, raw.length);
    writeLengthAndBytes(writer, payload);
  });
  if (unsigned.length + signatureBytes > maxBlockBytes)
    throw new Error("the changes do not fit in one block once compressed");
  return unsigned;
}

// Brotli gains on deflate only with a large window of text; a single live change is rarely worth its start-up.
function smallestPayload(
  compression: Compression,
  raw: Uint8Array,
  changeCount: number,
): { method: CompressionMethod; payload: Uint8Array } {
  const method: CompressionMethod = changeCount > 1 || raw.length > 4096 ? "brotli" : "deflate-raw";
  const payload = compression.compress(method, raw);
  return payload.length < raw.length ? { method, payload } : { method: "none", payload: raw };
}

/** The block as it is stored and sent. */
export function joinSignature(unsigned: Uint8Array, signature: Uint8Array): Uint8Array {
  const block = new Uint8Array(unsigned.length + signature.length);
  block.set(unsigned);
  block.set(signature, unsigned.length);
  return block;
}

/** Reads a block's header; the payload stays compressed and the signature unchecked. Null if malformed. */
export function decodeBlock(bytes: Uint8Array): Block | null {
  if (bytes.length > maxBlockBytes || bytes.length < signatureBytes) return null;
  const signed = bytes.subarray(0, bytes.length - signatureBytes);
  const signature = bytes.subarray(bytes.length - signatureBytes);
  return decode(signed, (reader) => {
    if (readByte(reader) !== blockVersion) throw new Malformed("block version");
    const header = readHeader(reader);
    const method = methods[readByte(reader)];
    if (method === undefined) throw new Malformed("compression method");
    const payloadBytes = readVarUint(reader);
    if (payloadBytes > maxPayloadBytes) throw new Malformed("payload too large");
    return {
      ...header,
      method,
      payloadBytes,
      payload: readLengthAndBytes(reader, maxBlockBytes),
      signed,
      signature,
    };
  });
}

/** The encoded changes of a block, or null if its payload is not well-formed. */
export function readPayload(compression: Compression, block: Block): readonly Uint8Array[] | null {
  const raw = compression.expand(block.method, block.payload, block.payloadBytes);
  if (raw === null || raw.length !== block.payloadBytes) return null;
  return decode(raw, (reader) => {
    const changes: Uint8Array[] = [];
    while (reader.pos < raw.length) {
      if (changes.length === maxChangesPerBlock) throw new Malformed("too many changes");
      changes.push(readLengthAndBytes(reader, maxPayloadBytes));
    }
    if (changes.length === 0) throw new Malformed("a block without changes");
    return changes;
  });
}

function writeHeader(writer: Writer, header: BlockHeader): void {
  writeStreamName(writer, header.stream);
  writeVarUint(writer, header.seq);
  writeBytes(writer, bytesOfHex(header.prev));
  writeByte(writer, header.closes === null ? 0 : 1);
  if (header.closes !== null) {
    writeBytes(writer, bytesOfHex(header.closes.epoch));
    writeVarUint(writer, header.closes.seq);
    writeBytes(writer, bytesOfHex(header.closes.hash));
  }
  writeVector(writer, header.auth);
  writeSeen(writer, header.seen);
}

function readHeader(reader: Reader): BlockHeader {
  const stream = readStreamName(reader);
  const seq = readVarUint(reader);
  if (seq === 0) throw new Malformed("blocks count from 1");
  const prev = toHex(readBytes(reader, hashBytes));
  const closes = readClosing(reader);
  const auth = readVector(reader);
  return { stream, seq, prev, closes, auth, seen: readSeen(reader) };
}

function readClosing(reader: Reader): Closing | null {
  const flag = readByte(reader);
  if (flag > 1) throw new Malformed("closing flag");
  if (flag === 0) return null;
  const epoch = toHex(readBytes(reader, epochBytes));
  const seq = readVarUint(reader);
  return { epoch, seq, hash: toHex(readBytes(reader, hashBytes)) };
}
