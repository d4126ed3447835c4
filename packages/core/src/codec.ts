import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { utf8TextEncoder } from "lib0/string";

/** Writes the variable-length binary coding of lib0 (the one Yjs updates use). */
export type Writer = encoding.Encoder;
/** Reads what a `Writer` wrote. */
export type Reader = decoding.Decoder;

export { writeUint8 as writeByte, writeVarUint } from "lib0/encoding";

/** Thrown inside `decode` for bytes that are not what they should be; `decode` turns it into null. */
export class Malformed extends Error {}

const spareBufferBytes = 64 * 1024;
const spares: Writer[] = [];

function newWriter(): Writer {
  const writer = encoding.createEncoder();
  writer.cbuf = new Uint8Array(spareBufferBytes);
  return writer;
}

/** Writes bytes. lib0 alone makes a view of them first, which takes several times as long for the few of a hash. */
export function writeBytes(writer: Writer, bytes: Uint8Array): void {
  const end = writer.cpos + bytes.length;
  if (end > writer.cbuf.length) {
    encoding.writeUint8Array(writer, bytes);
    return;
  }
  writer.cbuf.set(bytes, writer.cpos);
  writer.cpos = end;
}

/** Writes bytes after their length. */
export function writeLengthAndBytes(writer: Writer, bytes: Uint8Array): void {
  encoding.writeVarUint(writer, bytes.length);
  writeBytes(writer, bytes);
}

const mostBytesPerUnit = 3;
const mostLengthBytes = 5;

/** Writes a text as UTF-8 after its length in bytes. lib0 alone copies it byte by byte. */
export function writeText(writer: Writer, text: string): void {
  const start = writer.cpos;
  if (start + mostLengthBytes + mostBytesPerUnit * text.length > writer.cbuf.length) {
    encoding.writeVarString(writer, text);
    return;
  }
  // Nearly every text is ASCII: as many bytes as units.
  encoding.writeVarUint(writer, text.length);
  const behindLength = writer.cpos;
  const { written } = utf8TextEncoder.encodeInto(text, writer.cbuf.subarray(behindLength));
  if (written !== text.length) {
    const begin = start + varUintBytes(written);
    writer.cbuf.copyWithin(begin, behindLength, behindLength + written);
    writer.cpos = start;
    encoding.writeVarUint(writer, written);
  }
  writer.cpos += written;
}

function varUintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

/** The bytes that `write` writes. */
export function encode(write: (writer: Writer) => void): Uint8Array {
  return encodeFor(write, (bytes) => bytes.slice());
}

/**
 * Hands the bytes that `write` writes to `use`; they are a view that is good until it returns. Making an array of its
 * own takes longer than writing a few hundred bytes. Buffers are used again and again, one for each depth of nested
 * calls.
 */
export function encodeFor<Value>(write: (writer: Writer) => void, use: (bytes: Uint8Array) => Value): Value {
  const writer = spares.pop() ?? newWriter();
  // A writer whose `write` or `use` throws is dropped.
  write(writer);
  const hasGrown = writer.bufs.length > 0;
  if (hasGrown) return use(encoding.toUint8Array(writer));
  const value = use(writer.cbuf.subarray(0, writer.cpos));
  writer.cpos = 0;
  spares.push(writer);
  return value;
}

/** What `read` reads from the bytes, or null if they are malformed or go on after it. Never throws for bad bytes. */
export function decode<Value>(bytes: Uint8Array, read: (reader: Reader) => Value): Value | null {
  const reader = decoding.createDecoder(bytes);
  try {
    const value = read(reader);
    return reader.pos === bytes.length ? value : null;
  } catch (error) {
    if (isDecodingError(error)) return null;
    throw error;
  }
}

// lib0 reports a text that ends early or an integer that is too large as a plain Error, invalid UTF-8 as a TypeError.
function isDecodingError(error: unknown): boolean {
  return error instanceof Malformed || (error instanceof Error && !(error instanceof ReferenceError));
}

/** One byte. */
export function readByte(reader: Reader): number {
  if (reader.pos >= reader.arr.length) throw new Malformed("the bytes end early");
  return decoding.readUint8(reader);
}

/**
 * A number as `writeVarUint` wrote it. lib0 alone answers with rounded values beyond 2^53, and with NaN after about
 * 150 bytes of padding, which passes every comparison with a limit.
 */
export function readVarUint(reader: Reader): number {
  const value = decoding.readVarUint(reader);
  if (!Number.isSafeInteger(value)) throw new Malformed("a number beyond 2^53");
  return value;
}

/** `length` bytes as a view. */
export function readBytes(reader: Reader, length: number): Uint8Array {
  if (length > reader.arr.length - reader.pos) throw new Malformed("the bytes end early");
  return decoding.readUint8Array(reader, length);
}

/** Bytes after their length, as a view. */
export function readLengthAndBytes(reader: Reader, maxBytes: number): Uint8Array {
  const length = readVarUint(reader);
  if (length > maxBytes) throw new Malformed("longer than allowed");
  return readBytes(reader, length);
}

/** A text of at most `maxBytes` UTF-8 bytes; ill-formed UTF-8 is malformed. */
export function readText(reader: Reader, maxBytes: number): string {
  const start = reader.pos;
  const length = readVarUint(reader);
  if (length > maxBytes || length > reader.arr.length - reader.pos)
    throw new Malformed("longer than allowed");
  reader.pos = start;
  return decoding.readVarString(reader);
}

/** A count that cannot promise more items than bytes are left. */
export function readCount(reader: Reader, maxCount: number): number {
  const count = readVarUint(reader);
  if (count > maxCount || count > reader.arr.length - reader.pos) throw new Malformed("too many items");
  return count;
}
