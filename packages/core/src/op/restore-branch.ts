import { type OpId, readOpIds, writeOpIds } from "../op-id.js";
import { assignArchived } from "./archive-branch.js";
import type { OpType } from "./op-type.js";

/** Brings the branch whose log it stands in back from the archive. */
export interface RestoreBranch {
  readonly type: "RestoreBranch";
  readonly supersedes: readonly OpId[];
}

export const restoreBranch: OpType<RestoreBranch> = {
  name: "RestoreBranch",
  number: 20,
  logs: ["branch"],
  validate: () => null,
  write: (writer, op) => writeOpIds(writer, op.supersedes),
  read: (reader) => ({ type: "RestoreBranch", supersedes: readOpIds(reader) }),
  effects: (op, context) => [assignArchived(context, false, op.supersedes)],
};
