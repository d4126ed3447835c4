import { type BranchAccess, branchAccesses } from "./branch.js";
import type { Assignment } from "./register.js";

/** Whether a branch is archived, from the heads of its register. Beside a concurrent `RestoreBranch` it is not. */
export function isArchived(heads: readonly Assignment<"branchArchived">[]): boolean {
  return heads.length > 0 && heads.every(({ value }) => value.isArchived);
}

/** What a member was given, from the heads of the register: of concurrent ones the least, nothing if there is none. */
export function sharedAccess(heads: readonly Assignment<"branchShare">[]): BranchAccess {
  const given = new Set(heads.map(({ value }) => value.access));
  return branchAccesses.find((access) => given.has(access)) ?? "none";
}
