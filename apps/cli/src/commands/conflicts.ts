import type { ConflictKind } from "@darksync/core/conflict";
import { type Rule, rules } from "@darksync/runtime/conflict/rule";
import { findConflict } from "@darksync/runtime/read/conflicts";
import { type Command, Option } from "commander";
import { type Answer, type GlobalOptions, inSpace } from "../command.js";
import { type FilterOptions, listOfConflicts } from "../conflict-list.js";
import { type PlanOptions, runPlan } from "../conflict-plan.js";
import { type ChoiceOptions, choiceHint, choicesGiven, resolveOne } from "../conflict-resolve.js";
import { resolveByRule } from "../conflict-resolve-all.js";
import { stepThrough } from "../conflict-steps.js";
import { conflictJson, describeConflict, viewConflict } from "../conflict-view.js";
import { unwrap, wrongUsage } from "../problem-error.js";
import type { Space } from "../space.js";

type ResolveOptions = ChoiceOptions &
  FilterOptions & { readonly all?: true; readonly rule?: Rule; readonly dryRun?: true };

const isKind: { readonly [Kind in ConflictKind]: true } = {
  "edit-edit": true,
  "edit-delete": true,
  "both-created": true,
  "kind-changed": true,
  "move-move": true,
  "name-taken": true,
  dependency: true,
};

export function addConflicts(program: Command): void {
  const conflicts = withFilter(program.command("conflicts"))
    .description("what was changed in two places and needs a decision")
    .option("--list", "every one of them, however many there are")
    .addHelpText(
      "after",
      `
Examples:
  darklang conflicts
  darklang conflicts --in Acme.Money --by Bob
  darklang conflicts show 3f2a
  darklang conflicts resolve
  darklang conflicts resolve 3f2a --theirs
  darklang conflicts resolve --all --rule mine --dry-run
  darklang conflicts plan Acme.Money.add --rule mine`,
    )
    .action(
      inSpace("reads", (space, _command, options: FilterOptions & { readonly list?: true }) =>
        listOfConflicts(space, options),
      ),
    );
  conflicts
    .command("show <ID>")
    .description("the text before and each side, with author and time")
    .action(inSpace("reads", (space, _command, id: string) => show(space, id)));
  addResolve(conflicts);
  addPlan(conflicts);
}

function withFilter(command: Command): Command {
  return command
    .option("--in <prefix>", "only of this owner, module or location")
    .addOption(new Option("--kind <kind>", "only of this kind").choices(Object.keys(isKind)))
    .option("--by <author>", "only those this member has a part in");
}

function addResolve(conflicts: Command): void {
  withFilter(conflicts.command("resolve [ID]"))
    .description("settle a conflict; without ID all of them, one after the other at the terminal")
    .option("--mine", "take what you wrote, on whatever device")
    .option("--theirs", "take the other side")
    .option("--both", "keep yours and give the other a new name; of one moved twice, keep all places")
    .option("--base", "take what was there before both")
    .option("--delete", "take neither: remove it")
    .option("--head <hash>", "take the side of this hash or change; `deleted`: the one that removed it")
    .option("--file <file>", "take the text of a file")
    .option("--tool", "merge in your merge tool ($DARKLANG_MERGETOOL, or git's)")
    .option("--accept", "let a dependency conflict be")
    .option("--all", "settle all that a rule has an answer for, as one")
    .addOption(new Option("--rule <rule>", "with --all: the rule").choices(rules))
    .option("--dry-run", "with --all: only tell what would be done")
    .addHelpText(
      "after",
      `
Rules:
  mine, theirs           your side, or the other one
  newest                 the side written last
  owner                  the side of who made the namespace
  keep-edit-over-delete  where one side removed it, the edit
  both                   yours stays; the other gets a new name beside it

Examples:
  darklang conflicts resolve 3f2a --file merged.dark
  darklang conflicts resolve 3f2a --both
  darklang conflicts resolve --all --rule theirs --in Acme.Money
  darklang conflicts resolve --in Acme.Money`,
    )
    .action(
      inSpace("writes", (space, command, id: string | undefined, _options: ResolveOptions) =>
        resolve(space, command, id),
      ),
    );
}

function addPlan(conflicts: Command): void {
  conflicts
    .command("plan [LOCATION]")
    .description("choose beforehand what a sync does if another person changes it too; lists what is planned")
    .addOption(new Option("--rule <rule>", "the rule that settles it").choices(rules))
    .option("--none", "take the plan back")
    .addHelpText(
      "after",
      `
Examples:
  darklang conflicts plan Acme.Money.add --rule mine
  darklang conflicts plan Acme.Money.add --none
  darklang conflicts plan`,
    )
    .action(
      inSpace("writes", (space, _command, location: string | undefined, options: PlanOptions) =>
        runPlan(space, location, options),
      ),
    );
}

function show({ replica }: Space, id: string): Answer {
  const view = replica.store.read((tables) =>
    viewConflict(replica, tables, unwrap(findConflict(replica, tables, id))),
  );
  return {
    json: { conflicts: [conflictJson(view)] },
    text: describeConflict(view, process.stdout.columns || 80),
  };
}

async function resolve(space: Space, command: Command, id: string | undefined): Promise<Answer> {
  // The filter stands at `conflicts` too, which takes it wherever it is given.
  const options = command.optsWithGlobals<ResolveOptions & GlobalOptions>();
  const { all, rule, dryRun, in: prefix, kind, by } = options;
  const choices = choicesGiven(options);
  if (all === true) {
    if (id !== undefined || choices.length > 0)
      wrongUsage("--all goes with a rule, not with one conflict or choice", "Give --all --rule RULE.");
    if (rule === undefined) wrongUsage("--all needs a rule", `Give --rule with one of ${rules.join(", ")}.`);
    return resolveByRule(space, rule, options);
  }
  if (rule !== undefined || dryRun === true)
    wrongUsage("--rule and --dry-run go with --all", "Add --all, and --in LOCATION for one place.");
  if (id !== undefined) {
    if ([prefix, kind, by].some((given) => given !== undefined))
      wrongUsage("--in, --kind and --by do not go with one conflict", choiceHint);
    return resolveOne(space, id, options);
  }
  const isJson = options.json === true;
  if (choices.length > 0 || isJson || !process.stdin.isTTY || !process.stdout.isTTY)
    wrongUsage(
      "which conflict?",
      "`darklang conflicts` lists them with their ids; or give --all --rule RULE.",
    );
  return stepThrough(space, options);
}
