import { branchOfLog } from "@darksync/core/branch";
import type { LogName } from "@darksync/core/vector";
import { listBranches } from "@darksync/runtime/branch/branch-list";
import type { Replica } from "@darksync/runtime/replica/replica";
import type { ReplicaTables } from "@darksync/runtime/store/store";
import { shortId } from "./wording.js";

/** A log as people know it: that of a branch by the branch's name. */
export function logNameOf(replica: Pick<Replica, "device">, tables: ReplicaTables, log: LogName): string {
  const id = branchOfLog(log);
  if (id === null) return log;
  const branch = listBranches(replica, tables).find((candidate) => candidate.id === id);
  return `branch ${branch?.label ?? shortId(id)}`;
}
