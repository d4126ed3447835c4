import { bytesOfHex, toHex } from "@darksync/core/bytes";
import { maxChangeBytes } from "@darksync/core/change";
import {
  decode,
  encode,
  encodeFor,
  Malformed,
  type Reader,
  readByte,
  readBytes,
  readCount,
  readLengthAndBytes,
  readText,
  readVarUint,
  type Writer,
  writeByte,
  writeBytes,
  writeLengthAndBytes,
  writeText,
  writeVarUint,
} from "@darksync/core/codec";
import type { Hash } from "@darksync/core/ports";
import { type LogName, maxLogNameBytes } from "@darksync/core/vector";

/** What the outbox holds, one after the other. */
export type OutboxRecord =
  /** Where home is: what a replica needs to find it again, by the names its store keeps it under. */
  | { readonly type: "home"; readonly home: Home }
  /** An own change, and the number it has in the store; its id follows from device, log and bytes. */
  | { readonly type: "change"; readonly number: number; readonly log: LogName; readonly bytes: Uint8Array }
  /** An own change that was discarded: it must not come back. */
  | { readonly type: "dropped"; readonly id: string }
  | { readonly type: "mark"; readonly mark: OutboxMark };

export type Home = ReadonlyMap<string, string>;

/** What the outbox has of the store, so that whoever opens both sees at once whether something is missing. */
export interface OutboxMark {
  /** Own changes with numbers up to this one are in it, if no relay acknowledged them. */
  readonly upTo: number;
  /** `homeTag` of the last home in it. */
  readonly home: string;
}

// What a record begins with, so that the next one is found behind a damaged one.
const marker = Uint8Array.of(0xd5, 0x6f, 0x62, 0x01);
const lengthBytes = 4;
const checksumBytes = 8;
const tagBytes = 8;
const idBytes = 32;
const numberBytes = 8;
const frameBytes = marker.length + lengthBytes + checksumBytes;
const maxHomeEntries = 1024;
const maxHomeTextBytes = 16 * 1024 * 1024;
const maxBodyBytes = 64 * 1024 * 1024;

const numbers = { home: 1, change: 2, dropped: 3, mark: 4 } as const satisfies Record<
  OutboxRecord["type"],
  number
>;

/** Bytes of a mark's record: what is read of the end to find it. */
export const markRecordBytes: number = frameBytes + 1 + numberBytes + tagBytes;

/**
 * The hash of records by a device: other than those of another one. An outbox that comes into the folder of another
 * space holds nothing then that could be taken for its own work.
 */
export function recordHash(hash: Hash, device: string): Hash {
  const tag = bytesOfHex(device).subarray(0, checksumBytes);
  return (bytes) => {
    const hashed = hash(bytes);
    for (const [index, byte] of tag.entries()) hashed[index] = (hashed[index] ?? 0) ^ byte;
    return hashed;
  };
}

/** The bytes of some records: each has its length and the beginning of its hash. */
export function encodeRecords(hash: Hash, records: readonly OutboxRecord[]): Uint8Array {
  let bytes: Uint8Array = new Uint8Array();
  encodeRecordsFor(hash, records, (view) => {
    bytes = view.slice();
  });
  return bytes;
}

/** Hands the bytes of some records to `use`, a view that is good until it returns. */
export function encodeRecordsFor(
  hash: Hash,
  records: readonly OutboxRecord[],
  use: (bytes: Uint8Array) => void,
): void {
  encodeFor((writer) => {
    for (const record of records) {
      encodeFor(
        (inner) => writeBody(inner, record),
        (body) => {
          writeBytes(writer, marker);
          writeLength(writer, body.length);
          writeBytes(writer, body);
          const checksum = hash(body);
          for (let index = 0; index < checksumBytes; index += 1) writeByte(writer, checksum[index] ?? 0);
        },
      );
    }
  }, use);
}

/** Tells one home from another: the beginning of its hash, hex. */
export function homeTag(hash: Hash, home: Home): string {
  return toHex(hash(encode((writer) => writeHome(writer, home))).subarray(0, tagBytes));
}

/** The mark that these bytes end with, or null if they do not. */
export function markAtEnd(hash: Hash, end: Uint8Array): OutboxMark | null {
  const record = recordAt(hash, end, end.length - markRecordBytes)?.record;
  return record?.type === "mark" ? record.mark : null;
}

/** What an outbox is found to hold: a record, or so many bytes that are none. */
export type FoundRecord = OutboxRecord | { readonly type: "damaged"; readonly byteCount: number };

/**
 * The records of an outbox that can be read, in order. Of its parts no more are kept than it takes to read the next
 * record; those given lie in them.
 */
export function* readRecords(hash: Hash, parts: Iterable<Uint8Array>): Generator<FoundRecord> {
  let bytes: Uint8Array = new Uint8Array();
  for (const part of parts) {
    bytes = bytes.length === 0 ? part : joined(bytes, part);
    const end = yield* readWindow(hash, bytes, false);
    bytes = bytes.subarray(end);
  }
  yield* readWindow(hash, bytes, true);
}

/** Reads records until one may go on beyond the window; returns where that begins. */
function* readWindow(hash: Hash, bytes: Uint8Array, isEnd: boolean): Generator<FoundRecord, number> {
  let at = 0;
  while (at < bytes.length) {
    const found = recordAt(hash, bytes, at);
    if (found !== null) {
      yield found.record;
      at = found.end;
    } else if (!isEnd && mayGoOn(bytes, at)) {
      break;
    } else {
      const next = nextMarker(bytes, at + 1);
      yield { type: "damaged", byteCount: next - at };
      at = next;
    }
  }
  return at;
}

/** Whether what begins here may be a record that is not here to its end. */
function mayGoOn(bytes: Uint8Array, at: number): boolean {
  const start = at + marker.length + lengthBytes;
  const isMarker = beginsMarker(bytes, at);
  if (!isMarker || start > bytes.length) return isMarker;
  const length = readLength(bytes, at + marker.length);
  return length <= maxBodyBytes && start + length + checksumBytes > bytes.length;
}

/** Whether a marker stands here, or as much of one as there is room for. */
function beginsMarker(bytes: Uint8Array, at: number): boolean {
  return marker.every((byte, offset) => (bytes[at + offset] ?? byte) === byte);
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}

function nextMarker(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(marker[0] ?? 0, from); at >= 0; at = bytes.indexOf(marker[0] ?? 0, at + 1))
    if (beginsMarker(bytes, at)) return at;
  return bytes.length;
}

function recordAt(
  hash: Hash,
  bytes: Uint8Array,
  at: number,
): { readonly record: OutboxRecord; readonly end: number } | null {
  if (at < 0 || !marker.every((byte, offset) => bytes[at + offset] === byte)) return null;
  const start = at + marker.length + lengthBytes;
  if (start > bytes.length) return null;
  const length = readLength(bytes, at + marker.length);
  const end = start + length + checksumBytes;
  if (length > maxBodyBytes || end > bytes.length) return null;
  const body = bytes.subarray(start, start + length);
  const checksum = hash(body);
  for (let index = 0; index < checksumBytes; index += 1)
    if (checksum[index] !== bytes[start + length + index]) return null;
  const record = decode(body, readBody);
  return record === null ? null : { record, end };
}

function writeBody(writer: Writer, record: OutboxRecord): void {
  writeByte(writer, numbers[record.type]);
  switch (record.type) {
    case "home":
      writeHome(writer, record.home);
      return;
    case "change":
      writeVarUint(writer, record.number);
      writeText(writer, record.log);
      writeLengthAndBytes(writer, record.bytes);
      return;
    case "dropped":
      writeBytes(writer, bytesOfHex(record.id));
      return;
    case "mark":
      // Of one size, so that it is found at the end.
      writeBytes(writer, bytesOfHex(record.mark.upTo.toString(16).padStart(2 * numberBytes, "0")));
      writeBytes(writer, bytesOfHex(record.mark.home));
  }
}

function readBody(reader: Reader): OutboxRecord {
  const number = readByte(reader);
  switch (number) {
    case numbers.home:
      return { type: "home", home: readHome(reader) };
    case numbers.change: {
      const position = readVarUint(reader);
      const log = readText(reader, maxLogNameBytes);
      return { type: "change", number: position, log, bytes: readLengthAndBytes(reader, maxChangeBytes) };
    }
    case numbers.dropped:
      return { type: "dropped", id: toHex(readBytes(reader, idBytes)) };
    case numbers.mark: {
      const upTo = Number.parseInt(toHex(readBytes(reader, numberBytes)), 16);
      return { type: "mark", mark: { upTo, home: toHex(readBytes(reader, tagBytes)) } };
    }
    default:
      throw new Malformed(`record ${number}`);
  }
}

function writeHome(writer: Writer, home: Home): void {
  writeVarUint(writer, home.size);
  for (const [key, value] of home) {
    writeText(writer, key);
    writeText(writer, value);
  }
}

function readHome(reader: Reader): Home {
  const home = new Map<string, string>();
  for (let count = readCount(reader, maxHomeEntries); count > 0; count -= 1) {
    const key = readText(reader, maxHomeTextBytes);
    home.set(key, readText(reader, maxHomeTextBytes));
  }
  return home;
}

function writeLength(writer: Writer, length: number): void {
  for (let shift = 24; shift >= 0; shift -= 8) writeByte(writer, (length >>> shift) & 0xff);
}

function readLength(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
}
