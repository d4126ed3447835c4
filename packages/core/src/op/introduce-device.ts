import { readText, writeText } from "../codec.js";
import { type OpId, readOpIds, writeOpIds } from "../op-id.js";
import type { OpType } from "./op-type.js";

/** A device says whose it is. It speaks for no key but the one that signs it (P3). */
export interface IntroduceDevice {
  readonly type: "IntroduceDevice";
  readonly member: string;
  readonly supersedes: readonly OpId[];
}

/** Longest name of a member, in UTF-8 bytes. */
export const maxMemberBytes: number = 256;

export const introduceDevice: OpType<IntroduceDevice> = {
  name: "IntroduceDevice",
  number: 32,
  logs: ["auth"],
  validate: (op) => invalidMemberName(op.member),
  write: (writer, op) => {
    writeText(writer, op.member);
    writeOpIds(writer, op.supersedes);
  },
  read: (reader) => {
    const member = readText(reader, maxMemberBytes);
    return { type: "IntroduceDevice", member, supersedes: readOpIds(reader) };
  },
  effects: (op, { device }) => [
    {
      type: "assign",
      register: { type: "device", key: device },
      value: { member: op.member },
      supersedes: op.supersedes,
    },
  ],
};

/** What is wrong with a member's name, or null. */
export function invalidMemberName(name: string): string | null {
  return /^[\p{L}\p{N}][\p{L}\p{N} ._'-]{0,63}$/u.test(name)
    ? null
    : "a name has 1 to 64 letters, digits, spaces or . _ ' -";
}
