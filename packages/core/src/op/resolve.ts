import { hashBytes } from "../block.js";
import { bytesOfHex, isHash, toHex } from "../bytes.js";
import { type Reader, readBytes, readText, type Writer, writeBytes, writeText } from "../codec.js";
import type { OpType } from "./op-type.js";

/** A note beside the op that settles a conflict (O6): which one, what was chosen, and by what rule. */
export interface Resolve {
  readonly type: "Resolve";
  /** Id of the conflict, hex. */
  readonly conflict: string;
  /** `mine`, `theirs`, `base`, `delete`, `head` or `file`. */
  readonly choice: string;
  /** The rule that chose, or empty if a person did. */
  readonly rule: string;
}

const maxWordBytes = 64;

function isWord(text: string): boolean {
  return text.length <= 20 && text.isWellFormed();
}

export const resolve: OpType<Resolve> = {
  name: "Resolve",
  number: 9,
  logs: ["main", "branch"],
  validate: (op) =>
    invalidConflictId(op.conflict) ?? (isWord(op.choice) && isWord(op.rule) ? null : "the choice is no word"),
  write: (writer, op) => {
    writeConflictId(writer, op.conflict);
    writeText(writer, op.choice);
    writeText(writer, op.rule);
  },
  read: (reader) => {
    const conflict = readConflictId(reader);
    const choice = readText(reader, maxWordBytes);
    return { type: "Resolve", conflict, choice, rule: readText(reader, maxWordBytes) };
  },
  effects: () => [],
};

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
