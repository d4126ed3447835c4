import { type BranchId, branchOfLog } from "../branch.js";
import type { EffectContext } from "./op-type.js";

/** The branch whose log an op stands in; only ops that were validated against such a log come here. */
export function branchOf({ log }: EffectContext): BranchId {
  const branch = branchOfLog(log);
  if (branch === null) throw new Error(`${log} is not the log of a branch`);
  return branch;
}
