import { maxBlockBytes } from "./block.js";
import { bytesOfHex, hexHash, toHex } from "./bytes.js";
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
  readVarUint,
  writeByte,
  writeBytes,
  writeLengthAndBytes,
  writeText,
  writeVarUint,
} from "./codec.js";
import { readTimestamp, type Timestamp, writeTimestamp } from "./hlc.js";
import { type Op, opNumber, opReader, writeOp } from "./op/op.js";
import { type ChangeId, maxOpsPerChange } from "./op-id.js";
import type { Hash } from "./ports.js";
import type { LogName } from "./vector.js";

/** What is saved at once: ops by one device, atomic (C1). */
export interface Change {
  /** Version of the merge rules it was made under (O2). */
  readonly rules: number;
  /** Hex; makes the ids of equal changes differ. */
  readonly nonce: string;
  readonly time: Timestamp;
  readonly ops: readonly Op[];
}

/** The merge rules that this version makes changes under. */
export const currentRules: number = 1;
/** Bytes of a nonce. */
export const nonceBytes: number = 6;
/** Largest encoded change: it must fit in a block beside the block's header. */
export const maxChangeBytes: number = 704 * 1024;

const changeVersion = 1;

/** The bytes of a change; its id is over them. */
export function encodeChange(change: Change): Uint8Array {
  return encode((writer) => {
    writeByte(writer, changeVersion);
    writeVarUint(writer, change.rules);
    writeBytes(writer, bytesOfHex(change.nonce));
    writeTimestamp(writer, change.time);
    writeVarUint(writer, change.ops.length);
    for (const op of change.ops) {
      writeVarUint(writer, opNumber(op));
      encodeFor(
        (inner) => writeOp(inner, op),
        (bytes) => writeLengthAndBytes(writer, bytes),
      );
    }
  });
}

/** What came of reading a change. What cannot be read is kept byte for byte and set aside (O7). */
export type DecodedChange =
  | { readonly type: "change"; readonly change: Change }
  | { readonly type: "unknown"; readonly reason: string; readonly time: Timestamp | null }
  | { readonly type: "malformed"; readonly reason: string };

/** Reads the bytes of a change. */
export function decodeChange(bytes: Uint8Array): DecodedChange {
  if (bytes[0] !== changeVersion) {
    return { type: "unknown", reason: `a change of format ${bytes[0] ?? "nothing"}`, time: null };
  }
  return decode(bytes, readChange) ?? { type: "malformed", reason: "the bytes are not a change" };
}

function readChange(reader: Reader): DecodedChange {
  readByte(reader);
  const rules = readVarUint(reader);
  const nonce = toHex(readBytes(reader, nonceBytes));
  const time = readTimestamp(reader);
  const ops: Op[] = [];
  const unknown = new Set<number>();
  for (let count = readCount(reader, maxOpsPerChange); count > 0; count -= 1) {
    const number = readVarUint(reader);
    const bytes = readLengthAndBytes(reader, maxBlockBytes);
    const readOp = opReader(number);
    if (readOp === null) {
      unknown.add(number);
      continue;
    }
    const op = decode(bytes, readOp);
    if (op === null) throw new Malformed("an op");
    ops.push(op);
  }
  if (rules > currentRules) return { type: "unknown", reason: `made under merge rules ${rules}`, time };
  if (unknown.size > 0) return { type: "unknown", reason: `ops of kind ${[...unknown].join(", ")}`, time };
  return { type: "change", change: { rules, nonce, time, ops } };
}

/**
 * The id of a change: over the device's key (hex), the log and the bytes, whatever block they travel in. The log
 * belongs to it because a change's validity depends on it: the same bytes signed into two logs are two changes.
 */
export function changeId(hash: Hash, device: string, log: LogName, bytes: Uint8Array): ChangeId {
  if (last.device !== device || last.log !== log) last = { device, log, start: startOfId(device, log) };
  return encodeFor(
    (writer) => {
      writeBytes(writer, last.start);
      writeBytes(writer, bytes);
    },
    (covered) => hexHash(hash, covered),
  );
}

// Changes come by streams: most have the device and the log of the one before.
let last: { readonly device: string; readonly log: LogName; readonly start: Uint8Array } = {
  device: "",
  log: "",
  start: new Uint8Array(0),
};

function startOfId(device: string, log: LogName): Uint8Array {
  return encode((writer) => {
    writeBytes(writer, bytesOfHex(device));
    writeText(writer, log);
  });
}
