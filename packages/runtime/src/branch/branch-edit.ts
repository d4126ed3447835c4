import { type BranchAccess, type BranchId, branchLog, invalidBranchName } from "@darksync/core/branch";
import { isArchived } from "@darksync/core/branch-state";
import { toHex } from "@darksync/core/bytes";
import { invalidMemberName } from "@darksync/core/op/introduce-device";
import type { Op } from "@darksync/core/op/op";
import { type Assignment, branchedKey, type RegisterType } from "@darksync/core/register";
import { failure, type Result, success } from "@darksync/core/result";
import type { LogName, Seen, Vector } from "@darksync/core/vector";
import { Commit, commitChange, supersededBy } from "../replica/commit-change.js";
import { vectorOf } from "../replica/log-view.js";
import { logsOf } from "../replica/push-queue.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { parentOf } from "./branch-scope.js";

const branchIdBytes = 16;

/** Makes a branch of main, or of another branch: it begins with what that shows now. */
export function createBranch(
  replica: Replica,
  name: string,
  parent: BranchId | null,
): Promise<Result<BranchId>> {
  const invalid = invalidBranchName(name);
  if (invalid !== null) return Promise.resolve(badName(invalid));
  const id = toHex(replica.random(branchIdBytes));
  return replica.store.write((tables): Result<BranchId> => {
    const commit = new Commit(replica, tables);
    const added = commit.add(branchLog(id), [
      { type: "CreateBranch", parent },
      { type: "NameBranch", name, supersedes: [] },
      { type: "SetBase", logs: baseLogs(tables, parent), supersedes: [] },
    ]);
    commit.finish();
    return added.ok ? success(id) : added;
  });
}

function badName(invalid: string): Extract<Result<never>, { ok: false }> {
  return failure("bad-branch-name", invalid, "Choose another one, like `fix-rounding`.");
}

/** Gives a branch another name. */
export function renameBranch(replica: Replica, id: BranchId, name: string): Promise<Result<unknown>> {
  const invalid = invalidBranchName(name);
  if (invalid !== null) return Promise.resolve(badName(invalid));
  return commitOp(replica, id, "branchName", id, (supersedes) => ({ type: "NameBranch", name, supersedes }));
}

/** Puts a branch away, or takes it out again. */
export function archiveBranch(replica: Replica, id: BranchId, isArchived: boolean): Promise<Result<unknown>> {
  const type = isArchived ? "ArchiveBranch" : "RestoreBranch";
  return commitOp(replica, id, "branchArchived", id, (supersedes) => ({ type, supersedes }));
}

/** Says what a member may do with a branch. */
export function shareBranch(
  replica: Replica,
  id: BranchId,
  member: string,
  access: BranchAccess,
): Promise<Result<unknown>> {
  const invalid = invalidMemberName(member);
  if (invalid !== null) return Promise.resolve(failure("bad-name", invalid, "Name a member of this space."));
  const key = branchedKey(id, member);
  return commitOp(replica, id, "branchShare", key, (supersedes) => ({
    type: "ShareBranch",
    member,
    access,
    supersedes,
  }));
}

function commitOp(
  replica: Replica,
  id: BranchId,
  type: RegisterType,
  key: string,
  opOf: (supersedes: readonly string[]) => Op,
): Promise<Result<unknown>> {
  return commitChange(replica, (tables) => {
    const heads: readonly Assignment[] = tables.packages.heads({ type, key });
    return success({ log: branchLog(id), ops: [opOf(supersededBy(replica, tables, heads))] });
  });
}

/**
 * The op that moves a branch's base to what is here now (B1). A base that names a log of which nothing is here, as in a
 * copy of some owners, stays beside it: how much of that log it takes in cannot be said anew.
 */
export function setBaseOp(replica: Replica, tables: ReplicaTables, id: BranchId): Op {
  const heads = tables.packages.heads({ type: "branchBase", key: id });
  const held = new Set(logsOf(tables));
  const replaced = heads.filter(({ value }) => [...value.logs.keys()].every((log) => held.has(log)));
  const supersedes = supersededBy(replica, tables, replaced);
  return { type: "SetBase", logs: baseLogs(tables, activeParentOf(tables, id), heads), supersedes };
}

/** The branch that a branch is merged into: the one it was made from, or main (null) if there is none or it is put away. */
export function activeParentOf(tables: ReplicaTables, id: BranchId): BranchId | null {
  const parent = parentOf(tables, id);
  if (parent === null) return null;
  return isArchived(tables.packages.heads({ type: "branchArchived", key: parent })) ? null : parent;
}

/** Brings a branch up to what is here now (B1); what that makes conflicts is seen on the branch, and nowhere else. */
export function rebaseBranch(replica: Replica, id: BranchId): Promise<Result<unknown>> {
  return commitChange(replica, (tables) =>
    success({ log: branchLog(id), ops: [setBaseOp(replica, tables, id)] }),
  );
}

/**
 * What a base names: for a branch of main each owner's log; for a branch of a branch that one's log, whose own base
 * is part of it. What a base names once it names for ever, but for logs of which nothing is here: those may be made up.
 */
export function baseLogs(
  tables: ReplicaTables,
  parent: BranchId | null,
  heads: readonly Assignment<"branchBase">[] = [],
): Seen {
  const held = new Set(logsOf(tables));
  const ofOwners = [...held].filter((log) => log.startsWith("main/"));
  const named = heads.flatMap(({ value }) => [...value.logs.keys()]).filter((log) => held.has(log));
  const logs = parent === null ? [...ofOwners, ...named] : [branchLog(parent), ...named];
  return new Map([...new Set(logs)].map((log): [LogName, Vector] => [log, vectorOf(tables.blocks, log)]));
}
