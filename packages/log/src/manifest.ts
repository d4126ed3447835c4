import { hashBytes, signatureBytes } from "@darksync/core/block";
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
import type { PublicKey, Signer, Verify } from "@darksync/core/ports";
import { readStreamName, type StreamName, writeStreamName } from "@darksync/core/stream";
import { isLogName, type LogName, maxLogNameBytes } from "@darksync/core/vector";
import { maxSegmentBytes } from "./segment.js";

/** Largest manifest, in bytes. */
export const maxManifestBytes: number = 8 * 1024 * 1024;

const manifestVersion = 1;
const signedWord = "darksync manifest 1";
const tagBytes = 8;
const publicKeyBytes = 32;
const maxSegments = 65_536;
const maxStreams = 65_536;
const maxSpaceBytes = 128;

/** What a manifest says of a segment. Its number is its place in the list. */
export interface SegmentEntry {
  /** Hex: SHA-256 of its bytes, and its address. */
  readonly hash: string;
  readonly byteCount: number;
  readonly blockCount: number;
  readonly changeCount: number;
}

/** A stream's last sealed block: `tag` is the first 8 bytes (hex) of its hash. */
export interface SealedTip {
  readonly stream: StreamName;
  readonly seq: number;
  readonly tag: string;
}

/** What is sealed of a log (L6). */
export interface Manifest {
  readonly space: string;
  readonly log: LogName;
  /** From segment 0 on; as many as the head's number. */
  readonly segments: readonly SegmentEntry[];
  /** What these segments hold together. */
  readonly tips: readonly SealedTip[];
}

/** A manifest as read from bytes; the signature is unchecked. */
export interface SignedManifest extends Manifest {
  /** The relay's key. */
  readonly publicKey: PublicKey;
  /** What the signature is over. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** The bytes of a manifest, signed by a relay. */
export async function encodeManifest(signer: Signer, manifest: Manifest): Promise<Uint8Array> {
  const content = encode((writer) => writeContent(writer, manifest, signer.publicKey));
  const signature = await signer.sign(signedOf(content));
  return encode((writer) => {
    writeBytes(writer, content);
    writeBytes(writer, signature);
  });
}

/** Reads a manifest; null if the bytes are none. */
export function decodeManifest(bytes: Uint8Array): SignedManifest | null {
  if (bytes.length > maxManifestBytes || bytes.length < signatureBytes) return null;
  const content = bytes.subarray(0, bytes.length - signatureBytes);
  const read = decode(content, readContent);
  if (read === null) return null;
  return { ...read, signed: signedOf(content), signature: bytes.subarray(content.length) };
}

/** Whether the manifest is signed by the key that it names. */
export function isManifestSigned(verify: Verify, manifest: SignedManifest): Promise<boolean> {
  return verify(manifest.publicKey, manifest.signed, manifest.signature);
}

// No block or other thing that is signed begins with this word.
function signedOf(content: Uint8Array): Uint8Array {
  return encode((writer) => {
    writeText(writer, signedWord);
    writeBytes(writer, content);
  });
}

function writeContent(writer: Writer, manifest: Manifest, publicKey: PublicKey): void {
  writeByte(writer, manifestVersion);
  writeText(writer, manifest.space);
  writeText(writer, manifest.log);
  writeVarUint(writer, manifest.segments.length);
  for (const { hash, byteCount, blockCount, changeCount } of manifest.segments) {
    writeBytes(writer, bytesOfHex(hash));
    writeVarUint(writer, byteCount);
    writeVarUint(writer, blockCount);
    writeVarUint(writer, changeCount);
  }
  const tips = [...manifest.tips].sort((left, right) => (left.stream < right.stream ? -1 : 1));
  writeVarUint(writer, tips.length);
  for (const { stream, seq, tag } of tips) {
    writeStreamName(writer, stream);
    writeVarUint(writer, seq);
    writeBytes(writer, bytesOfHex(tag));
  }
  writeBytes(writer, publicKey);
}

function readContent(reader: Reader): Manifest & { readonly publicKey: PublicKey } {
  if (readByte(reader) !== manifestVersion) throw new Malformed("manifest version");
  const space = readText(reader, maxSpaceBytes);
  const log = readText(reader, maxLogNameBytes);
  if (!isLogName(log)) throw new Malformed("a log's name");
  const segments: SegmentEntry[] = [];
  for (let count = readCount(reader, maxSegments); count > 0; count -= 1) segments.push(readEntry(reader));
  const tips: SealedTip[] = [];
  for (let count = readCount(reader, maxStreams); count > 0; count -= 1) {
    const tip = readTip(reader);
    if (tip.stream <= (tips.at(-1)?.stream ?? "")) throw new Malformed("streams out of order");
    tips.push(tip);
  }
  return { space, log, segments, tips, publicKey: readBytes(reader, publicKeyBytes) };
}

function readEntry(reader: Reader): SegmentEntry {
  const hash = toHex(readBytes(reader, hashBytes));
  const byteCount = readVarUint(reader);
  if (byteCount > maxSegmentBytes) throw new Malformed("segment too large");
  const blockCount = readVarUint(reader);
  return { hash, byteCount, blockCount, changeCount: readVarUint(reader) };
}

function readTip(reader: Reader): SealedTip {
  const stream = readStreamName(reader);
  const seq = readVarUint(reader);
  if (seq === 0) throw new Malformed("blocks count from 1");
  return { stream, seq, tag: toHex(readBytes(reader, tagBytes)) };
}
