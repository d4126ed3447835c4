import { dropPlan, listPlans, type Plan, planConflict } from "@darksync/runtime/conflict/plan";
import type { Rule } from "@darksync/runtime/conflict/rule";
import type { Answer } from "./command.js";
import { unwrap, wrongUsage } from "./problem-error.js";
import type { Space } from "./space.js";

/** What `conflicts plan` was given. */
export interface PlanOptions {
  readonly rule?: Rule;
  readonly none?: true;
}

/** Plans a rule for a conflict to come, takes a plan back, or lists plans. */
export async function runPlan(
  { replica }: Space,
  location: string | undefined,
  { rule, none }: PlanOptions,
): Promise<Answer> {
  if (location === undefined) {
    if (rule !== undefined || none === true)
      wrongUsage("which location?", "For example: darklang conflicts plan Acme.Money.add --rule mine");
    return answerOf(replica.store.read(listPlans), "Nothing is planned.");
  }
  if ((rule === undefined) === (none === undefined))
    wrongUsage("say what to plan", "Give --rule RULE, or --none to take a plan back.");
  if (rule === undefined) {
    const plan = unwrap(await dropPlan(replica, location));
    return { json: { plans: [] }, text: `Nothing is planned for ${plan.location} any more.` };
  }
  const { plan, isAhead } = unwrap(await planConflict(replica, location, rule));
  const condition = isAhead
    ? `if you change ${plan.location} and one other person ${deedOf(plan)} it too`
    : `if one other person ${deedOf(plan)} ${plan.location} too`;
  return {
    json: { plans: [jsonOf(plan)] },
    text: [
      `Planned: ${condition}, ${plan.rule} settles it at the sync.`,
      "If it is another conflict than that, you are asked.",
    ].join("\n"),
  };
}

function answerOf(plans: readonly Plan[], nothing: string): Answer {
  const lines = plans.map(({ location, rule, kind }) => `${rule.padEnd(21)}  ${location}  (${kind})`);
  return { json: { plans: plans.map(jsonOf) }, text: plans.length === 0 ? nothing : lines.join("\n") };
}

function jsonOf({ branch, location, rule, kind, head }: Plan): Readonly<Record<string, unknown>> {
  return { branch, location, rule, kind, head };
}

function deedOf({ kind, rule }: Plan): string {
  switch (kind) {
    case "edit-delete":
      return rule === "keep-edit-over-delete" ? "removes" : "edits";
    case "both-created":
      return "makes";
    case "edit-edit":
    case "kind-changed":
    case "move-move":
    case "name-taken":
    case "dependency":
      return "edits";
  }
}
