import { type BranchAccess, branchAccesses } from "../branch.js";
import { Malformed, readByte, readText, writeByte, writeText } from "../codec.js";
import { type OpId, readOpIds, writeOpIds } from "../op-id.js";
import { branchedKey } from "../register.js";
import { branchOf } from "./branch-of.js";
import { invalidMemberName, maxMemberBytes } from "./introduce-device.js";
import type { OpType } from "./op-type.js";

/** Says what a member may do with the branch whose log it stands in. Of concurrent ones the least counts. */
export interface ShareBranch {
  readonly type: "ShareBranch";
  readonly member: string;
  readonly access: BranchAccess;
  readonly supersedes: readonly OpId[];
}

export const shareBranch: OpType<ShareBranch> = {
  name: "ShareBranch",
  number: 21,
  logs: ["branch"],
  validate: (op) => invalidMemberName(op.member),
  write: (writer, op) => {
    writeText(writer, op.member);
    writeByte(writer, branchAccesses.indexOf(op.access));
    writeOpIds(writer, op.supersedes);
  },
  read: (reader) => {
    const member = readText(reader, maxMemberBytes);
    const access = branchAccesses[readByte(reader)];
    if (access === undefined) throw new Malformed("access to a branch");
    return { type: "ShareBranch", member, access, supersedes: readOpIds(reader) };
  },
  effects: (op, context) => [
    {
      type: "assign",
      register: { type: "branchShare", key: branchedKey(branchOf(context), op.member) },
      value: { access: op.access },
      supersedes: op.supersedes,
    },
  ],
};
