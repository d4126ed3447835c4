import { bytesOfHex, toHex } from "@darksync/core/bytes";
import { changeId, decodeChange, maxChangeBytes } from "@darksync/core/change";
import {
  decode,
  encode,
  Malformed,
  type Reader,
  readBytes,
  readCount,
  readLengthAndBytes,
  readText,
  readVarUint,
  writeBytes,
  writeLengthAndBytes,
  writeText,
  writeVarUint,
} from "@darksync/core/codec";
import { Fold } from "@darksync/core/fold";
import type { ChangeId } from "@darksync/core/op-id";
import type { Hash } from "@darksync/core/ports";
import { failure, type Result, success } from "@darksync/core/result";
import { type LogName, maxLogNameBytes } from "@darksync/core/vector";
import { updateDependencies } from "../dependency/update.js";
import type { ReplicaTables } from "../store/store.js";
import { readClock, writeClock } from "./commit-change.js";
import { queueChange } from "./push-queue.js";
import { foldRecord } from "./refold.js";
import { type Replica, readFacts } from "./replica.js";

const magic = "darksync unsigned";
const version = 1;
const deviceBytes = 32;
const maxSpaceBytes = 256;
const maxChanges = 1_000_000;
const checksumBytes = 32;

/** Changes of one device that no block holds yet, in a file: what was discarded can be queued again. */
export interface ChangeBundle {
  /** Hex. */
  readonly space: string;
  /** Public key, hex. */
  readonly device: string;
  readonly changes: readonly { readonly log: LogName; readonly bytes: Uint8Array }[];
}

/** The bytes of a bundle: its magic word, version, space, device and changes, and the hash of all that. */
export function encodeChangeBundle(hash: Hash, bundle: ChangeBundle): Uint8Array {
  const body = encode((writer) => {
    writeText(writer, magic);
    writeVarUint(writer, version);
    writeText(writer, bundle.space);
    writeBytes(writer, bytesOfHex(bundle.device));
    writeVarUint(writer, bundle.changes.length);
    for (const { log, bytes } of bundle.changes) {
      writeText(writer, log);
      writeLengthAndBytes(writer, bytes);
    }
  });
  const checksum = hash(body);
  const bytes = new Uint8Array(body.length + checksum.length);
  bytes.set(body);
  bytes.set(checksum, body.length);
  return bytes;
}

/** Reads a bundle; never throws for bad bytes. */
export function decodeChangeBundle(hash: Hash, bytes: Uint8Array): Result<ChangeBundle> {
  const end = Math.max(0, bytes.length - checksumBytes);
  const body = bytes.subarray(0, end);
  const start = decode(bytes.subarray(0, Math.min(end, magic.length + 10)), (reader) => {
    const found = { word: readText(reader, magic.length), version: readVarUint(reader) };
    readBytes(reader, reader.arr.length - reader.pos);
    return found;
  });
  if (start === null || start.word !== magic) {
    return failure("not-a-bundle", "that file is no bundle of unsigned changes", "Check the path.");
  }
  if (start.version !== version) {
    return failure(
      "bundle-version",
      `that bundle has format ${start.version}, this version knows ${version}`,
      "Upgrade darksync.",
    );
  }
  const isWhole = toHex(hash(body)) === toHex(bytes.subarray(end));
  const bundle = isWhole ? decode(body, readBundle) : null;
  if (bundle !== null) return success(bundle);
  return failure("bundle-damaged", "that bundle is damaged", "Take another copy of the file.");
}

function readBundle(reader: Reader): ChangeBundle {
  readText(reader, magic.length);
  readVarUint(reader);
  const space = readText(reader, maxSpaceBytes);
  const device = toHex(readBytes(reader, deviceBytes));
  const changes: { log: LogName; bytes: Uint8Array }[] = [];
  for (let count = readCount(reader, maxChanges); count > 0; count -= 1) {
    const log = readText(reader, maxLogNameBytes);
    const bytes = readLengthAndBytes(reader, maxChangeBytes);
    if (decodeChange(bytes).type === "malformed") throw new Malformed("a change");
    changes.push({ log, bytes });
  }
  return { space, device, changes };
}

/** What came of applying a bundle. */
export interface BundleApplied {
  readonly queued: number;
  /** Changes that were here already. */
  readonly known: number;
}

/** Queues a bundle's changes again, ids unchanged. Only on the device that made them, in their space. */
export function applyChangeBundle(replica: Replica, bundle: ChangeBundle): Promise<Result<BundleApplied>> {
  return replica.store.write((tables) => {
    const { space } = readFacts(tables);
    if (bundle.device !== replica.device) {
      return failure(
        "other-device",
        "another device made the changes in that bundle",
        "Apply it there: unsigned changes can only be signed by the device that made them.",
      );
    }
    if (bundle.space !== space) {
      return failure(
        "other-space",
        `that bundle is of the space ${bundle.space.slice(0, 8)}, this is ${space.slice(0, 8)}`,
        "Apply it in a folder of that space.",
      );
    }
    const queued = queueAgain(replica, tables, bundle.changes);
    return success({ queued, known: bundle.changes.length - queued });
  });
}

/** Adds own changes that no block holds, ids unchanged, and queues them; returns how many were not here already. */
export function queueAgain(
  replica: Replica,
  tables: ReplicaTables,
  changes: ChangeBundle["changes"],
): number {
  // The changes may be old ones, and the clock goes on from the last of them.
  writeClock(tables, readClock(replica, tables));
  const fold = new Fold(tables.packages, replica);
  let queued = 0;
  for (const { log, bytes } of changes) {
    if (tables.changes.has(changeId(replica.hash, replica.device, log, bytes))) continue;
    addAgain(replica, tables, fold, log, bytes);
    queued += 1;
  }
  updateDependencies(replica, tables, fold.finish());
  return queued;
}

function addAgain(
  replica: Replica,
  tables: ReplicaTables,
  fold: Fold,
  log: LogName,
  bytes: Uint8Array,
): void {
  const id: ChangeId = changeId(replica.hash, replica.device, log, bytes);
  const { device } = replica;
  const decoded = decodeChange(bytes);
  const number = tables.changes.add({
    id,
    device,
    log,
    time: decoded.type === "change" ? decoded.change.time : { wallMs: 0, counter: 0 },
    receivedAtMs: replica.clock(),
    isSkewed: false,
    place: null,
    setAside: null,
    bytes,
  });
  const reason = foldRecord(fold, { id, device, log }, bytes);
  if (reason !== null) tables.changes.setSetAside(id, reason);
  queueChange(replica, tables, log, number);
}
