import { invalidBranchName } from "../branch.js";
import { readText, writeText } from "../codec.js";
import { type OpId, readOpIds, writeOpIds } from "../op-id.js";
import { branchOf } from "./branch-of.js";
import type { OpType } from "./op-type.js";

/** Names the branch whose log it stands in. A name is but a label: several branches may have it. */
export interface NameBranch {
  readonly type: "NameBranch";
  readonly name: string;
  readonly supersedes: readonly OpId[];
}

const maxNameBytes = 256;

export const nameBranch: OpType<NameBranch> = {
  name: "NameBranch",
  number: 17,
  logs: ["branch"],
  validate: (op) => invalidBranchName(op.name),
  write: (writer, op) => {
    writeText(writer, op.name);
    writeOpIds(writer, op.supersedes);
  },
  read: (reader) => {
    const name = readText(reader, maxNameBytes);
    return { type: "NameBranch", name, supersedes: readOpIds(reader) };
  },
  effects: (op, context) => [
    {
      type: "assign",
      register: { type: "branchName", key: branchOf(context) },
      value: { name: op.name },
      supersedes: op.supersedes,
    },
  ],
};
