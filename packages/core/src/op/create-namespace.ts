import { readText, writeText } from "../codec.js";
import { type OpId, readOpIds, writeOpIds } from "../op-id.js";
import type { OpType } from "./op-type.js";

/** Makes an owner namespace known, so that it is listed before anything is saved in it. */
export interface CreateNamespace {
  readonly type: "CreateNamespace";
  readonly owner: string;
  readonly supersedes: readonly OpId[];
}

const maxOwnerBytes = 256;

export const createNamespace: OpType<CreateNamespace> = {
  name: "CreateNamespace",
  number: 33,
  logs: ["auth"],
  validate: (op) => invalidOwner(op.owner),
  write: (writer, op) => {
    writeText(writer, op.owner);
    writeOpIds(writer, op.supersedes);
  },
  read: (reader) => {
    const owner = readText(reader, maxOwnerBytes);
    return { type: "CreateNamespace", owner, supersedes: readOpIds(reader) };
  },
  effects: (op, { device }) => [
    {
      type: "assign",
      register: { type: "namespace", key: op.owner },
      value: { createdBy: device },
      supersedes: op.supersedes,
    },
  ],
};

/** What is wrong with an owner's name, or null. */
export function invalidOwner(owner: string): string | null {
  return /^\p{Lu}[\p{L}\p{N}]{0,63}$/u.test(owner)
    ? null
    : "an owner is 1 to 64 letters and digits and begins with a capital";
}
