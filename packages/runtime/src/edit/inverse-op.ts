import { isAccepted } from "@darksync/core/acceptance";
import { type BranchId, branchOfLog } from "@darksync/core/branch";
import { isArchived, sharedAccess } from "@darksync/core/branch-state";
import { deprecationOf, greatest } from "@darksync/core/deprecation";
import type { Op } from "@darksync/core/op/op";
import type { OpId } from "@darksync/core/op-id";
import { type Assignment, branchedKey, type Register, type RegisterType } from "@darksync/core/register";
import type { LogName } from "@darksync/core/vector";
import type { ReplicaTables } from "../store/store.js";

/** The op that puts back what was there, null where there is nothing to put back; or why it cannot be done. */
export type Inverse = Op | null | "changed-since";

/** An op that names no location. */
type OtherOp = Exclude<Op, { type: "SetName" | "UnsetName" }>;

/** The inverse of an op of this id in a log. Names take more than one op: see `undo-names.ts`. */
export function inverseOp(tables: ReplicaTables, log: LogName, op: OtherOp, id: OpId): Inverse {
  const supersedes = [id];
  switch (op.type) {
    case "Deprecate":
    case "Undeprecate": {
      const { location } = op;
      const before = headsBefore(tables, { type: "deprecation", key: location }, id, op.supersedes);
      if (before === "changed-since") return before;
      const deprecation = deprecationOf(before);
      if (deprecation === null) return { type: "Undeprecate", location, supersedes };
      return { type: "Deprecate", location, message: deprecation.message, supersedes };
    }
    case "SetFile": {
      const { path } = op;
      const before = headsBefore(tables, { type: "file", key: path }, id, op.supersedes);
      if (before === "changed-since") return before;
      return { type: "SetFile", path, skeleton: greatest(before)?.value.skeleton ?? [], supersedes };
    }
    case "Accept":
    case "Reopen": {
      const { conflict } = op;
      const before = headsBefore(tables, { type: "acceptance", key: conflict }, id, op.supersedes);
      if (before === "changed-since") return before;
      return { type: isAccepted(before) ? "Accept" : "Reopen", conflict, supersedes };
    }
    case "NameBranch":
    case "ArchiveBranch":
    case "RestoreBranch":
    case "ShareBranch":
      return inverseBranchOp(tables, branchOf(log), op, id);
    case "AddFn":
    case "AddType":
    case "AddValue":
    case "Resolve":
    case "IntroduceDevice":
    case "CreateNamespace":
    case "CreateBranch":
    case "SetBase":
    case "Unmerged":
      return null;
    case "Merged":
      return { type: "Unmerged", branch: op.branch, supersedes };
  }
}

type BranchOp = Extract<Op, { type: "NameBranch" | "ArchiveBranch" | "RestoreBranch" | "ShareBranch" }>;

function inverseBranchOp(tables: ReplicaTables, branch: BranchId, op: BranchOp, id: OpId): Inverse {
  const supersedes = [id];
  switch (op.type) {
    case "NameBranch": {
      // The first name came with the branch and stays with it.
      if (op.supersedes.length === 0) return null;
      const before = headsBefore(tables, { type: "branchName", key: branch }, id, op.supersedes);
      if (before === "changed-since") return before;
      const name = greatest(before)?.value.name;
      return name === undefined ? null : { type: "NameBranch", name, supersedes };
    }
    case "ArchiveBranch":
    case "RestoreBranch": {
      const before = headsBefore(tables, { type: "branchArchived", key: branch }, id, op.supersedes);
      if (before === "changed-since") return before;
      return { type: isArchived(before) ? "ArchiveBranch" : "RestoreBranch", supersedes };
    }
    case "ShareBranch": {
      const { member } = op;
      const register = { type: "branchShare", key: branchedKey(branch, member) } as const;
      const before = headsBefore(tables, register, id, op.supersedes);
      if (before === "changed-since") return before;
      return { type: "ShareBranch", member, access: sharedAccess(before), supersedes };
    }
  }
}

function branchOf(log: LogName): BranchId {
  const branch = branchOfLog(log);
  if (branch === null) throw new Error(`an op of a branch counted in ${log}`);
  return branch;
}

/** The heads that the op replaced, unless it is no longer the only one itself. */
function headsBefore<Type extends RegisterType>(
  tables: ReplicaTables,
  register: Register<Type>,
  id: OpId,
  supersedes: readonly OpId[],
): readonly Assignment<Type>[] | "changed-since" {
  const heads = tables.packages.heads(register);
  if (heads.length !== 1 || heads[0]?.id !== id) return "changed-since";
  const replaced = supersedes.map((superseded) => tables.packages.assignment(register, superseded));
  const found = replaced.filter((assignment) => assignment !== null);
  // An op may name also what its predecessor replaced (O1).
  const older = new Set(found.flatMap((assignment) => assignment.supersedes));
  return found.filter((assignment) => !older.has(assignment.id));
}
