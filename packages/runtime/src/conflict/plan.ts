import type { Conflict, ConflictKind } from "@darksync/core/conflict";
import type { Location } from "@darksync/core/location";
import { changeOf, type OpId } from "@darksync/core/op-id";
import type { Assignment } from "@darksync/core/register";
import { failure, type Result, success } from "@darksync/core/result";
import { checkShown } from "../edit/naming.js";
import { Marks } from "../read/marks.js";
import { authorOf } from "../read/members.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { isOwnEditOf } from "./own-edits.js";
import type { Rule } from "./rule.js";
import { Sides } from "./side.js";
import { Writers } from "./writers.js";

/** A rule chosen for a conflict that does not exist yet. Local to the replica. */
export interface Plan {
  readonly branch: string;
  readonly location: Location;
  readonly rule: Rule;
  /** The kind of conflict that is foreseen. */
  readonly kind: ConflictKind;
  /** The head that this member has there when it is planned. */
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

/** A plan that was made; `isAhead`: of a change that is still to come, since others have what is there. */
export interface MadePlan {
  readonly plan: Plan;
  readonly isAhead: boolean;
}

/** Plans a rule for the conflict that an own change at a location may come to; it takes the place of an earlier plan. */
export function planConflict(replica: Replica, location: string, rule: Rule): Promise<Result<MadePlan>> {
  return replica.store.write((tables): Result<MadePlan> => {
    const head = ownHead(replica, tables, location);
    if (!head.ok) return head;
    const isAhead = new Marks(tables).isDurable(changeOf(head.value.id));
    const kind = foreseenKind(tables, location, head.value, rule, isAhead);
    if (kind === null) {
      return failure(
        "unfit-rule",
        "nobody else has it yet, so nobody can remove it",
        "Choose another rule: mine, theirs, newest, owner or both.",
      );
    }
    const plan: Plan = { branch: tables.packages.branch, location, rule, kind, head: head.value.id };
    writePlans(tables, [...withoutPlan(tables, plan), plan]);
    return success({ plan, isAhead });
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
function planAt(tables: ReplicaTables, location: Location): Plan | null {
  const place = { branch: tables.packages.branch, location };
  return listPlans(tables).find((plan) => isSamePlace(plan, place)) ?? null;
}

/** Why a conflict is not the one that was foreseen, or null if it is. What this device edits since takes the plan along. */
export function unforeseen(
  replica: Pick<Replica, "device">,
  tables: Pick<ReplicaTables, "packages" | "changes">,
  plan: Plan,
  { kind, heads }: Conflict,
): string | null {
  if (!heads.some((head) => isOwnEditOf(replica, tables, head, plan.head)))
    return "your side has changed since";
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
  if (head !== undefined && others.length === 0) {
    if (new Sides(replica, tables).isMine({ ...head, location })) return success(head);
    const writer = new Writers(replica, tables).of(location, head);
    const author = writer === null ? "another's" : `${authorOf(tables, writer.device)}'s`;
    return notYours(`you have not changed ${location}: what is there is ${author}`);
  }
  return notYours(`what is at ${location} is merged, not yours alone`);
}

function notYours(message: string): Result<never> {
  return failure(
    "not-yours",
    message,
    "A plan says what becomes of your change: save that first, then plan; later edits of yours keep the plan.",
  );
}

function foreseenKind(
  { packages }: ReplicaTables,
  location: Location,
  { value, supersedes }: Assignment<"name">,
  rule: Rule,
  isAhead: boolean,
): ConflictKind | null {
  if (value.type === "nothing") return "edit-delete";
  const replacesText = supersedes.some(
    (id) => packages.assignment({ type: "name", key: location }, id)?.value.type === "definition",
  );
  const isEdit = isAhead || replacesText;
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
