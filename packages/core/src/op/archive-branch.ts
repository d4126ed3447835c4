import { type OpId, readOpIds, writeOpIds } from "../op-id.js";
import { branchOf } from "./branch-of.js";
import type { Assign, EffectContext, OpType } from "./op-type.js";

/** Puts the branch whose log it stands in away. Beside a concurrent `RestoreBranch` it stays. */
export interface ArchiveBranch {
  readonly type: "ArchiveBranch";
  readonly supersedes: readonly OpId[];
}

export const archiveBranch: OpType<ArchiveBranch> = {
  name: "ArchiveBranch",
  number: 19,
  logs: ["branch"],
  validate: () => null,
  write: (writer, op) => writeOpIds(writer, op.supersedes),
  read: (reader) => ({ type: "ArchiveBranch", supersedes: readOpIds(reader) }),
  effects: (op, context) => [assignArchived(context, true, op.supersedes)],
};

/** What `ArchiveBranch` and `RestoreBranch` do. */
export function assignArchived(
  context: EffectContext,
  isArchived: boolean,
  supersedes: readonly OpId[],
): Assign<"branchArchived"> {
  return {
    type: "assign",
    register: { type: "branchArchived", key: branchOf(context) },
    value: { isArchived },
    supersedes,
  };
}
