import type { Conflict, ConflictKind } from "@darksync/core/conflict";
import type { Location } from "@darksync/core/location";
import type { OpId } from "@darksync/core/op-id";
import type { Assignment } from "@darksync/core/register";
import { failure, type Result, success } from "@darksync/core/result";
import { checkShown } from "../edit/naming.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import type { Rule } from "./rule.js";
import { Sides } from "./side.js";

/** A rule chosen for a conflict that does not exist yet. Local to the replica. */
export interface Plan {
  readonly branch: string;
  readonly location: Location;
  readonly rule: Rule;
  /** The kind of conflict that is foreseen. */
  readonly kind: ConflictKind;
  /** The head that this member has there. */
  readonly head: OpId;
}

const metaKey = "conflictPlans";

/** All plans, in order of location. */
export function listPlans({ meta }: Pick<ReplicaTables, "meta">): readonly Plan[] {
  return JSON.parse(meta.get(metaKey) ?? "[]") as Plan[];
}

function writePlans({ meta }: Pick<ReplicaTables, "meta">, plans: readonly Plan[]): void {
  const sorted = [...plans].sort((left, right) => (left.location < right.location ? -1 : 1));
  meta.set(metaKey, sorted.length === 0 ? null : JSON.stringify(sorted));
}

/** Plans a rule for the conflict that an own change at a location may come to; it takes the place of an earlier plan. */
export function planConflict(replica: Replica, location: string, rule: Rule): Promise<Result<Plan>> {
  return replica.store.write((tables): Result<Plan> => {
    const head = ownHead(replica, tables, location);
    if (!head.ok) return head;
    const kind = foreseenKind(tables, location, head.value, rule);
    if (kind === null) {
      return failure(
        "unfit-rule",
        "nobody else has it yet, so nobody can remove it",
        "Choose another rule: mine, theirs, newest, owner or both.",
      );
    }
    const plan: Plan = { branch: tables.packages.branch, location, rule, kind, head: head.value.id };
    writePlans(tables, [...withoutPlan(tables, plan), plan]);
    return success(plan);
  });
}

/** Takes a plan back. */
export function dropPlan(replica: Replica, location: string): Promise<Result<Plan>> {
  return replica.store.write((tables): Result<Plan> => {
    const plan = planAt(tables, location);
    if (plan === null)
      return failure(
        "no-plan",
        `nothing is planned for ${location}`,
        "`darklang conflicts plan` lists plans.",
      );
    writePlans(tables, withoutPlan(tables, plan));
    return success(plan);
  });
}

/** Forgets plans that were carried out. */
export function forgetPlans(tables: ReplicaTables, done: readonly Plan[]): void {
  const isDone = (plan: Plan) => done.some((other) => isSamePlace(plan, other));
  if (done.length > 0)
    writePlans(
      tables,
      listPlans(tables).filter((plan) => !isDone(plan)),
    );
}

/** The plan for a location as it is looked at, or null. */
export function planAt(tables: ReplicaTables, location: Location): Plan | null {
  const place = { branch: tables.packages.branch, location };
  return listPlans(tables).find((plan) => isSamePlace(plan, place)) ?? null;
}

/** Why a conflict is not the one that was foreseen, or null if it is. */
export function unforeseen(plan: Plan, { kind, heads }: Conflict): string | null {
  if (!heads.some(({ id }) => id === plan.head)) return "your side has changed since";
  if (heads.length > 2) return "several others changed it";
  return kind === plan.kind ? null : `${plan.kind} was foreseen`;
}

function ownHead(replica: Replica, tables: ReplicaTables, location: string): Result<Assignment<"name">> {
  const shown = checkShown(tables, location);
  const row = tables.packages.nameRow(location);
  if (!shown.ok && row?.shown?.value.type !== "nothing") return shown;
  if (row !== null && row.conflict !== null) {
    return failure(
      "in-conflict",
      `${location} is in conflict already`,
      `Settle it: darklang conflicts resolve ${row.conflict.id.slice(0, 12)} --mine | --theirs`,
    );
  }
  const [head, ...others] = tables.packages.heads({ type: "name", key: location });
  if (head === undefined || others.length > 0 || !new Sides(replica, tables).isMine({ ...head, location })) {
    return failure(
      "not-yours",
      `what is at ${location} is not yours alone`,
      "A plan says what becomes of your change: save yours first.",
    );
  }
  return success(head);
}

function foreseenKind(
  { packages }: ReplicaTables,
  location: Location,
  { value, supersedes }: Assignment<"name">,
  rule: Rule,
): ConflictKind | null {
  if (value.type === "nothing") return "edit-delete";
  const isEdit = supersedes.some(
    (id) => packages.assignment({ type: "name", key: location }, id)?.value.type === "definition",
  );
  if (rule === "keep-edit-over-delete") return isEdit ? "edit-delete" : null;
  return isEdit ? "edit-edit" : "both-created";
}

function withoutPlan(tables: ReplicaTables, place: Pick<Plan, "branch" | "location">): readonly Plan[] {
  return listPlans(tables).filter((plan) => !isSamePlace(plan, place));
}

function isSamePlace(
  left: Pick<Plan, "branch" | "location">,
  right: Pick<Plan, "branch" | "location">,
): boolean {
  return left.branch === right.branch && left.location === right.location;
}
