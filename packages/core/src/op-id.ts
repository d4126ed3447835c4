import { hashBytes } from "./block.js";
import { bytesOfHex, toHex } from "./bytes.js";
import {
  type Reader,
  readBytes,
  readCount,
  readVarUint,
  type Writer,
  writeBytes,
  writeVarUint,
} from "./codec.js";

/** Hex of the hash of device key and change bytes (C1). */
export type ChangeId = string;

/** `<change id>/<index of the op in its change>`. */
export type OpId = string;

/** Most ops that one change may have. */
export const maxOpsPerChange: number = 8192;
const maxSupersedes = 4096;
const opIdPattern = /^[0-9a-f]{64}\/(0|[1-9][0-9]{0,14})$/;

/** The id of the op at `index` (from 0) of a change. */
export function opId(change: ChangeId, index: number): OpId {
  return `${change}/${index}`;
}

/** The change an op belongs to. */
export function changeOf(op: OpId): ChangeId {
  return op.slice(0, 2 * hashBytes);
}

/** The place of an op in its change, from 0. */
export function indexOf(op: OpId): number {
  return Number(op.slice(2 * hashBytes + 1));
}

/** What is wrong with the ops that an op supersedes, or null: what could not be read back must not be written. */
export function invalidOpIds(ids: readonly OpId[]): string | null {
  if (ids.length > maxSupersedes) return `it supersedes more than ${maxSupersedes} ops`;
  const bad = ids.find((id) => !opIdPattern.test(id));
  return bad === undefined ? null : `${bad.slice(0, 80)} is not the id of an op`;
}

export function writeOpIds(writer: Writer, ids: readonly OpId[]): void {
  writeVarUint(writer, ids.length);
  for (const id of ids) {
    writeBytes(writer, bytesOfHex(changeOf(id)));
    writeVarUint(writer, indexOf(id));
  }
}

export function readOpIds(reader: Reader): readonly OpId[] {
  const ids: OpId[] = [];
  for (let count = readCount(reader, maxSupersedes); count > 0; count -= 1) {
    const change = toHex(readBytes(reader, hashBytes));
    ids.push(opId(change, readVarUint(reader)));
  }
  return ids;
}
