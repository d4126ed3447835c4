import {
  type Reader,
  readCount,
  readText,
  readVarUint,
  type Writer,
  writeText,
  writeVarUint,
} from "./codec.js";
import { readStreamName, type StreamName, writeStreamName } from "./stream.js";

/** Stream → sequence number of the last block held. A stream that is not in it has none. */
export type Vector = ReadonlyMap<StreamName, number>;

/** Name of a log: `auth`, `main/<Owner>`, `branch/<id>` or `requests/<Owner>`. */
export type LogName = string;

const logPattern = /^(?:auth|(?:main|branch|requests)\/[^\s/\p{Cc}]+)$/u;

/** Whether a text is the name of a log: of a known sort, of an owner or id that is one word, and not too long. */
export function isLogName(name: string): boolean {
  return name.length * 3 <= maxLogNameBytes && name.isWellFormed() && logPattern.test(name);
}

const maxStreams = 65_536;
/** Most logs of a `Seen`. */
export const maxLogs: number = 65_536;
/** Longest log name, in UTF-8 bytes. */
export const maxLogNameBytes: number = 512;

/** What `later` holds beyond `earlier`. */
export function vectorDifference(later: Vector, earlier: Vector): Vector {
  const difference = new Map<StreamName, number>();
  for (const [stream, seq] of later) if (seq > (earlier.get(stream) ?? 0)) difference.set(stream, seq);
  return difference;
}

/** The larger of both, stream by stream. */
export function vectorMaximum(left: Vector, right: Vector): Vector {
  const maximum = new Map(left);
  for (const [stream, seq] of right) if (seq > (maximum.get(stream) ?? 0)) maximum.set(stream, seq);
  return maximum;
}

/** Writes a vector in the order of its stream names, so that equal vectors have equal bytes. */
export function writeVector(writer: Writer, vector: Vector): void {
  writeVarUint(writer, vector.size);
  for (const stream of [...vector.keys()].sort()) {
    writeStreamName(writer, stream);
    writeVarUint(writer, vector.get(stream) ?? 0);
  }
}

export function readVector(reader: Reader): Vector {
  const vector = new Map<StreamName, number>();
  for (let count = readCount(reader, maxStreams); count > 0; count -= 1) {
    const stream = readStreamName(reader);
    vector.set(stream, readVarUint(reader));
  }
  return vector;
}

/** A vector of every log: what a device has folded. */
export type Seen = ReadonlyMap<LogName, Vector>;

export function writeSeen(writer: Writer, seen: Seen): void {
  writeVarUint(writer, seen.size);
  for (const log of [...seen.keys()].sort()) {
    writeText(writer, log);
    writeVector(writer, seen.get(log) ?? new Map());
  }
}

export function readSeen(reader: Reader): Seen {
  const seen = new Map<LogName, Vector>();
  for (let count = readCount(reader, maxLogs); count > 0; count -= 1) {
    const log = readText(reader, maxLogNameBytes);
    seen.set(log, readVector(reader));
  }
  return seen;
}
