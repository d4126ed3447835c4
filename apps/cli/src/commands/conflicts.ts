import { resolveConflict } from "@darksync/runtime/conflict/resolve";
import { findConflict, listConflicts } from "@darksync/runtime/read/conflicts";
import type { Command } from "commander";
import { type Answer, inSpace } from "../command.js";
import { type ConflictView, conflictView, describeConflict } from "../conflict-view.js";
import { unwrap, wrongUsage } from "../problem-error.js";
import type { Space } from "../space.js";
import { readDefinitionText } from "../text-input.js";
import { shortId } from "../wording.js";

interface ResolveOptions {
  readonly mine?: true;
  readonly theirs?: true;
  readonly file?: string;
  readonly base?: true;
  readonly delete?: true;
  readonly head?: string;
  readonly all?: true;
  readonly rule?: string;
  readonly in?: string;
  readonly kind?: string;
  readonly by?: string;
  readonly dryRun?: true;
}

export function addConflicts(program: Command): void {
  const conflicts = program
    .command("conflicts")
    .description("what was changed in two places and needs a decision")
    .addHelpText(
      "after",
      `
Examples:
  darklang conflicts
  darklang conflicts show 3f2a
  darklang conflicts resolve 3f2a --theirs
  darklang conflicts resolve 3f2a --file merged.dark`,
    )
    .action(inSpace("reads", (space) => list(space)));
  conflicts
    .command("show <ID>")
    .description("the base and each side, with author and time")
    .action(inSpace("reads", (space, _command, id: string) => show(space, id)));
  addResolve(conflicts);
  conflicts
    .command("plan <LOCATION>")
    .description("not in this version yet")
    .option("--rule <rule>", "")
    .action(() => notYet("conflicts plan"));
}

function addResolve(conflicts: Command): void {
  conflicts
    .command("resolve [ID]")
    .description("settle a conflict")
    .option("--mine", "take what this device's member wrote")
    .option("--theirs", "take the other side")
    .option("--file <file>", "take the text of a file")
    .option("--base", "later: take what was there before both")
    .option("--delete", "later: take neither")
    .option("--head <hash>", "later: take the side of this hash")
    .option("--all", "later: settle all by a rule")
    .option("--rule <rule>", "later: the rule")
    .option("--in <prefix>", "later: with --all, only there")
    .option("--kind <kind>", "later: with --all, only this kind")
    .option("--by <author>", "later: with --all, only this author's")
    .option("--dry-run", "later: with --all, only say what would be done")
    .action(
      inSpace("writes", (space, _command, id: string | undefined, options: ResolveOptions) =>
        resolve(space, id, options),
      ),
    );
}

function notYet(what: string): never {
  wrongUsage(
    `this version does not have ${what} yet`,
    "It has `conflicts resolve ID` with --mine, --theirs or --file.",
  );
}

function list({ replica }: Space): Answer {
  const views = replica.store.read((tables) =>
    listConflicts(replica, tables).map((conflict) => conflictView(replica, tables, conflict)),
  );
  const lines = views.map(({ id, kind, location, heads }) => {
    return `${shortId(id)}  ${kind.padEnd(12)}  ${location}  (${heads.map(({ author }) => author).join(", ")})`;
  });
  return {
    json: { conflicts: views },
    text: views.length === 0 ? "There are no conflicts." : lines.join("\n"),
  };
}

function show({ replica }: Space, id: string): Answer {
  const view: ConflictView = replica.store.read((tables) =>
    conflictView(replica, tables, unwrap(findConflict(replica, tables, id))),
  );
  return { json: { conflicts: [view] }, text: describeConflict(view) };
}

async function resolve({ replica }: Space, id: string | undefined, options: ResolveOptions): Promise<Answer> {
  for (const later of ["base", "delete", "head", "all", "rule", "in", "kind", "by", "dryRun"] as const) {
    if (options[later] !== undefined) notYet(`--${later === "dryRun" ? "dry-run" : later}`);
  }
  if (id === undefined) wrongUsage("which conflict?", "`darklang conflicts` lists them with their ids.");
  const conflict = unwrap(replica.store.read((tables) => findConflict(replica, tables, id)));
  const {
    changes: [change],
  } = unwrap(await resolveConflict(replica, conflict.id, await choiceOf(options)));
  const remaining = replica.store.read(({ packages }) => packages.countConflicts());
  return {
    json: { resolved: [conflict.id], change, remaining },
    text: `${conflict.location} is settled. ${remaining === 0 ? "No conflicts remain." : remaining === 1 ? "1 conflict remains." : `${remaining} conflicts remain.`}`,
  };
}

async function choiceOf({
  mine,
  theirs,
  file,
}: ResolveOptions): Promise<Parameters<typeof resolveConflict>[2]> {
  if ([mine, theirs, file].filter((given) => given !== undefined).length !== 1) {
    wrongUsage("say which side to take", "Give one of --mine, --theirs and --file F.");
  }
  if (file !== undefined) return { type: "file", source: await readDefinitionText(file) };
  return { type: mine === true ? "mine" : "theirs" };
}
