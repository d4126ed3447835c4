import type { Conflict, ConflictHead } from "@darksync/core/conflict";
import type { Location } from "@darksync/core/location";
import { type ChangeId, changeOf } from "@darksync/core/op-id";
import { Authors } from "../read/members.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { dependentsOf } from "./dependents.js";
import { type EarlierChoice, EarlierChoices } from "./earlier.js";
import { listPlans, type Plan, unforeseen } from "./plan.js";
import { decideBy } from "./resolve.js";
import type { Rule } from "./rule.js";
import { Sides } from "./side.js";
import { Writers } from "./writers.js";

/** A head with who wrote it. */
export interface DetailedHead extends ConflictHead {
  readonly change: ChangeId;
  readonly author: string;
  /** Null if its change is not held here. */
  readonly timeMs: number | null;
  /** Whether this device's member wrote it. */
  readonly isMine: boolean;
}

/** A rule that was planned for a conflict, and why that did not settle it. */
export interface PlannedRule {
  readonly rule: Rule;
  readonly reason: string;
}

/** A conflict with all that people are shown of it. */
export interface DetailedConflict {
  readonly conflict: Conflict;
  readonly heads: readonly DetailedHead[];
  /** The locations whose definitions mention it. */
  readonly dependents: readonly Location[];
  readonly earlier: EarlierChoice | null;
  readonly planned: PlannedRule | null;
}

/** The definitions that mention each location. */
export type Dependents = ReadonlyMap<Location, readonly Location[]>;

/** Reads what there is to tell of conflicts, in their order. Dependents are found in one pass over the texts. */
export function detailConflicts(
  replica: Replica,
  tables: ReplicaTables,
  conflicts: readonly Conflict[],
  dependents: Dependents = dependentsOf(replica, tables, locationsOf(conflicts)),
): readonly DetailedConflict[] {
  const authors = new Authors(tables);
  const writers = new Writers(replica, tables);
  const sides = new Sides(replica, tables);
  const earlier = new EarlierChoices(replica, tables);
  const plans = listPlans(tables).filter(({ branch }) => branch === tables.packages.branch);
  return conflicts.map((conflict) => ({
    conflict,
    heads: conflict.heads.map((head): DetailedHead => {
      const change = changeOf(head.id);
      const writer = writers.of(head.location, head);
      const author = writer === null ? "unknown" : authors.nameOf(writer.device);
      return { ...head, change, author, timeMs: writer?.time.wallMs ?? null, isMine: sides.isMine(head) };
    }),
    dependents: [...new Set(conflict.locations.flatMap((location) => dependents.get(location) ?? []))].sort(),
    earlier: earlier.of(conflict),
    planned: plannedFor(replica, tables, plans, conflict),
  }));
}

function locationsOf(conflicts: readonly Conflict[]): ReadonlySet<Location> {
  return new Set(conflicts.flatMap(({ locations }) => locations));
}

function plannedFor(
  replica: Replica,
  tables: ReplicaTables,
  plans: readonly Plan[],
  conflict: Conflict,
): PlannedRule | null {
  const plan = plans.find(({ location }) => conflict.locations.includes(location));
  if (plan === undefined) return null;
  const { rule } = plan;
  const other = unforeseen(replica, tables, plan, conflict);
  if (other !== null) return { rule, reason: other };
  const decided = decideBy(replica, tables, rule)(conflict);
  return { rule, reason: decided.ok ? "the next sync settles it" : decided.problem.message };
}
