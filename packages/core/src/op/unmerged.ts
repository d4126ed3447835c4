import { type BranchId, invalidBranchId, readBranchId, writeBranchId } from "../branch.js";
import { type OpId, readOpIds, writeOpIds } from "../op-id.js";
import type { OpType } from "./op-type.js";

/** Takes back that a branch was merged, beside ops that put back what the merge had written: it can be merged again. */
export interface Unmerged {
  readonly type: "Unmerged";
  readonly branch: BranchId;
  readonly supersedes: readonly OpId[];
}

export const unmerged: OpType<Unmerged> = {
  name: "Unmerged",
  number: 23,
  logs: ["main", "branch"],
  validate: (op) => invalidBranchId(op.branch),
  write: (writer, op) => {
    writeBranchId(writer, op.branch);
    writeOpIds(writer, op.supersedes);
  },
  read: (reader) => {
    const branch = readBranchId(reader);
    return { type: "Unmerged", branch, supersedes: readOpIds(reader) };
  },
  effects: ({ branch, supersedes }, { device, log, time }) => [
    {
      type: "assign",
      register: { type: "merge", key: branch },
      value: { into: log, coverage: { device, time, logs: new Map() } },
      supersedes,
    },
  ],
};
