import { type BranchId, branchLog, invalidBranchId, readBranchId, writeBranchId } from "../branch.js";
import { Malformed, readByte, writeByte } from "../codec.js";
import { branchOf } from "./branch-of.js";
import type { OpType } from "./op-type.js";

/** Begins the branch whose log it stands in (the id is in the log's name), on main or on another branch. */
export interface CreateBranch {
  readonly type: "CreateBranch";
  /** The branch that it is a branch of; null: main. */
  readonly parent: BranchId | null;
}

export const createBranch: OpType<CreateBranch> = {
  name: "CreateBranch",
  number: 16,
  logs: ["branch"],
  validate: ({ parent }, log) => {
    if (parent === null) return null;
    return branchLog(parent) === log ? "a branch is not its own parent" : invalidBranchId(parent);
  },
  write: (writer, { parent }) => {
    writeByte(writer, parent === null ? 0 : 1);
    if (parent !== null) writeBranchId(writer, parent);
  },
  read: (reader) => {
    const flag = readByte(reader);
    if (flag > 1) throw new Malformed("parent flag");
    return { type: "CreateBranch", parent: flag === 0 ? null : readBranchId(reader) };
  },
  effects: (op, context) => [
    {
      type: "assign",
      register: { type: "branch", key: branchOf(context) },
      value: { createdBy: context.device, parent: op.parent },
      supersedes: [],
    },
  ],
};
