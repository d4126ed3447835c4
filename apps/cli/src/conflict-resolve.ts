import type { Conflict } from "@darksync/core/conflict";
import { nameOf } from "@darksync/core/location";
import type { Choice } from "@darksync/runtime/conflict/decision";
import { type Resolved, resolveConflict } from "@darksync/runtime/conflict/resolve";
import { findConflict } from "@darksync/runtime/read/conflicts";
import type { Answer } from "./command.js";
import { stepConflictOf, viewConflict } from "./conflict-view.js";
import { mergeInTool } from "./merge-tool.js";
import { mergeToolCommand } from "./merge-tool-command.js";
import { ProblemError, unwrap, wrongUsage } from "./problem-error.js";
import type { Space } from "./space.js";
import { mergedHeads } from "./step-choices.js";
import { readDefinitionText } from "./text-input.js";
import { countOf } from "./wording.js";

/** How one conflict is settled, as the options say. */
export interface ChoiceOptions {
  readonly mine?: true;
  readonly theirs?: true;
  readonly both?: true;
  readonly base?: true;
  readonly delete?: true;
  readonly accept?: true;
  readonly head?: string;
  readonly file?: string;
  readonly tool?: true;
}

/** Settles one conflict. */
export async function resolveOne(space: Space, id: string, options: ChoiceOptions): Promise<Answer> {
  const { replica } = space;
  checkOneChoice(options);
  const conflict = replica.store.read((tables) => unwrap(findConflict(replica, tables, id)));
  const choice = await choiceOf(space, conflict, options);
  const resolved = unwrap(await resolveConflict(replica, conflict.id, choice));
  const remaining = remainingIn(space);
  return {
    json: {
      resolved: [conflict.id],
      change: resolved.changes.at(-1) ?? null,
      changes: resolved.changes,
      remaining,
      left: [],
    },
    text: [`${conflict.location} is settled.`, madeWords(resolved), remainingWords(remaining)]
      .filter((words) => words !== "")
      .join(" "),
  };
}

/** Where other sides went, in words. */
export function madeWords({ madeAt }: Pick<Resolved, "madeAt">): string {
  if (madeAt.length === 0) return "";
  return `The other ${madeAt.length === 1 ? "side is" : "sides are"} ${madeAt.join(", ")} now.`;
}

/** How many conflicts are left. */
export function remainingIn(space: Pick<Space, "status">): number {
  return space.status().conflicts;
}

export function remainingWords(remaining: number): string {
  if (remaining === 0) return "No conflicts remain.";
  return `${countOf(remaining, "conflict")} ${remaining === 1 ? "remains" : "remain"}.`;
}

const choiceOptions = ["mine", "theirs", "both", "base", "delete", "accept", "head", "file", "tool"] as const;

/** What one choice may be, for those who gave none. */
export const choiceHint =
  "Give one of --mine, --theirs, --both, --base, --delete, --head HASH, --file F, --accept and --tool.";

/** The choices that were given. */
export function choicesGiven(options: ChoiceOptions): readonly string[] {
  return choiceOptions.filter((name) => options[name] !== undefined).map((name) => `--${name}`);
}

function checkOneChoice(options: ChoiceOptions): void {
  const given = choicesGiven(options);
  if (given.length === 1) return;
  const what = given.length === 0 ? "say which side to take" : `${given.join(" and ")} do not go together`;
  wrongUsage(what, choiceHint);
}

async function choiceOf(space: Space, conflict: Conflict, options: ChoiceOptions): Promise<Choice> {
  if (options.mine) return { type: "mine" };
  if (options.theirs) return { type: "theirs" };
  if (options.both) return { type: "both" };
  if (options.base) return { type: "base" };
  if (options.delete) return { type: "delete" };
  if (options.accept) return { type: "accept" };
  if (options.head !== undefined) return { type: "head", prefix: options.head };
  if (options.file !== undefined) return { type: "file", source: await readDefinitionText(options.file) };
  return { type: "file", source: await mergedInTool(space, conflict) };
}

async function mergedInTool({ replica }: Space, conflict: Conflict): Promise<string> {
  const command = mergeToolCommand();
  if (command === null) {
    throw new ProblemError({
      code: "no-merge-tool",
      message: "no merge tool is set up",
      hint: "Set $DARKLANG_MERGETOOL to a command or a known tool, or git's merge.tool.",
    });
  }
  if (!process.stdin.isTTY)
    wrongUsage("a merge tool needs a terminal", "Write the text to a file: --file F.");
  const step = replica.store.read((tables) => stepConflictOf(viewConflict(replica, tables, conflict)));
  const [mine, theirs] = mergedHeads(step);
  const texts = {
    base: step.base?.source ?? null,
    mine: mine?.source ?? null,
    theirs: theirs?.source ?? null,
  };
  return unwrap(await mergeInTool(command, texts, nameOf(step.location)));
}
