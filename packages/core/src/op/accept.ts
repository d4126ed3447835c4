import { hashBytes } from "../block.js";
import { bytesOfHex, isHash, toHex } from "../bytes.js";
import { type Reader, readBytes, type Writer, writeBytes } from "../codec.js";
import { type OpId, readOpIds, writeOpIds } from "../op-id.js";
import type { Assign, OpType } from "./op-type.js";

/** Says that a conflict record may stay as it is (O4). Beside a concurrent `Reopen` it is open. */
export interface Accept {
  readonly type: "Accept";
  /** Id of the conflict, hex. */
  readonly conflict: string;
  readonly supersedes: readonly OpId[];
}

export const accept: OpType<Accept> = {
  name: "Accept",
  number: 10,
  logs: ["main", "branch"],
  validate: (op) => invalidConflictId(op.conflict),
  write: (writer, op) => {
    writeConflictId(writer, op.conflict);
    writeOpIds(writer, op.supersedes);
  },
  read: (reader) => {
    const conflict = readConflictId(reader);
    return { type: "Accept", conflict, supersedes: readOpIds(reader) };
  },
  effects: (op) => [assignAcceptance(op.conflict, true, op.supersedes)],
};

/** What `Accept` and `Reopen` do. */
export function assignAcceptance(
  conflict: string,
  isAccepted: boolean,
  supersedes: readonly OpId[],
): Assign<"acceptance"> {
  return {
    type: "assign",
    register: { type: "acceptance", key: conflict },
    value: { isAccepted },
    supersedes,
  };
}

/** What is wrong with the id of a conflict, or null. */
export function invalidConflictId(conflict: string): string | null {
  return isHash(conflict) ? null : `${conflict.slice(0, 80)} is not the id of a conflict`;
}

export function writeConflictId(writer: Writer, conflict: string): void {
  writeBytes(writer, bytesOfHex(conflict));
}

export function readConflictId(reader: Reader): string {
  return toHex(readBytes(reader, hashBytes));
}
