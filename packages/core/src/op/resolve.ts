import { hashBytes } from "../block.js";
import { bytesOfHex, toHex } from "../bytes.js";
import { readBytes, readText, writeBytes, writeText } from "../codec.js";
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

export const resolve: OpType<Resolve> = {
  name: "Resolve",
  number: 9,
  logs: ["main", "branch"],
  validate: (op) => (op.choice.length > 20 || op.rule.length > 20 ? "the choice is no word" : null),
  write: (writer, op) => {
    writeBytes(writer, bytesOfHex(op.conflict));
    writeText(writer, op.choice);
    writeText(writer, op.rule);
  },
  read: (reader) => {
    const conflict = toHex(readBytes(reader, hashBytes));
    const choice = readText(reader, maxWordBytes);
    return { type: "Resolve", conflict, choice, rule: readText(reader, maxWordBytes) };
  },
  effects: () => [],
};
