import { isAccepted } from "@darksync/core/acceptance";
import { type Conflict, mainBranch } from "@darksync/core/conflict";
import type { Replica } from "../replica/replica.js";
import type { JudgedPair } from "../store/dependency-store.js";
import type { ReplicaTables } from "../store/store.js";
import { PairJudge } from "./judge-pairs.js";

/** The open `dependency` records, in order of the definitions that use what changed. A branch shows those of none. */
export function listDependencies(
  replica: Pick<Replica, "hash" | "language">,
  tables: ReplicaTables,
): readonly Conflict[] {
  const judge = new PairJudge(replica, tables);
  return openRecords(tables).map((pair) => {
    const conflict = judge.judge(pair)?.conflict ?? null;
    if (conflict === null) throw new Error(`the dependency of ${pair.user} is recorded but is none`);
    return conflict;
  });
}

/** How many `dependency` records are open. */
export function countDependencies(tables: ReplicaTables): number {
  return openRecords(tables).length;
}

function openRecords({ packages, dependencies }: ReplicaTables): readonly JudgedPair[] {
  if (packages.branch !== mainBranch) return [];
  return dependencies.records().filter(({ conflict }) => {
    const heads = packages.heads({ type: "acceptance", key: conflict ?? "" });
    return !isAccepted(heads);
  });
}
