import { mainBranch } from "@darksync/core/conflict";
import { type Result, success } from "@darksync/core/result";
import { tablesOnBranch } from "../branch/on-branch.js";
import { allOrNone } from "../edit/all-or-none.js";
import { conflictAt } from "../read/conflicts.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { forgetPlans, listPlans, type Plan, unforeseen } from "./plan.js";
import { decideBy } from "./resolve.js";
import { settleConflicts } from "./settlement.js";

/**
 * Settles the conflicts that were foreseen and have come, each by the rule planned for it. Returns how many; the plans
 * of these are over with, so that who undoes one is asked. If that cannot be written, all stay listed with their plans.
 */
export function applyPlans(replica: Replica): Promise<Result<number>> {
  if (replica.store.read(listPlans).length === 0) return Promise.resolve(success(0));
  return allOrNone(replica, (tables) => {
    let count = 0;
    for (const [branch, plans] of Map.groupBy(listPlans(tables), (plan) => plan.branch))
      count += applyTo(replica, tablesOf(replica, tables, branch), plans);
    return count;
  });
}

function tablesOf(replica: Replica, tables: ReplicaTables, branch: string): ReplicaTables {
  return branch === mainBranch ? tables : tablesOnBranch(replica, tables, branch);
}

function applyTo(replica: Replica, tables: ReplicaTables, plans: readonly Plan[]): number {
  const due = plans.flatMap((plan) => {
    const isOpen = (tables.packages.nameRow(plan.location)?.conflict ?? null) !== null;
    const conflict = isOpen ? conflictAt(replica, tables, plan.location) : null;
    return conflict === null || unforeseen(replica, tables, plan, conflict) !== null
      ? []
      : [{ plan, conflict }];
  });
  const settled = due.filter(({ plan, conflict }) => {
    const decide = decideBy(replica, tables, plan.rule);
    return settleConflicts(replica, tables, [conflict], decide, "write").settled.length > 0;
  });
  forgetPlans(
    tables,
    settled.map(({ plan }) => plan),
  );
  return settled.length;
}
