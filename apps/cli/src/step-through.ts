import { tmpdir } from "node:os";
import { basename } from "node:path";
import { nameOf } from "@darksync/core/location";
import type { Problem } from "@darksync/core/result";
import { print } from "./command.js";
import { EditedFile } from "./edited-file.js";
import { keepText } from "./kept-text.js";
import { hasMarkers, type MergeLabels, type MergeTexts, markedMerge } from "./marked-merge.js";
import { mergeInTool } from "./merge-tool.js";
import { mergeToolCommand } from "./merge-tool-command.js";
import { paint } from "./paint.js";
import { ProblemError } from "./problem-error.js";
import { mergedHeads, oneLine, type StepAction, type StepOption, stepOptions } from "./step-choices.js";
import { listenForLetters } from "./step-letters.js";
import { pictureOf, type StepProgress } from "./step-picture.js";

/** What a person chose for one conflict. */
export type StepChoice =
  | { readonly type: "mine" }
  | { readonly type: "theirs" }
  | { readonly type: "base" }
  | { readonly type: "delete" }
  | { readonly type: "head"; readonly index: number }
  | { readonly type: "both" }
  | { readonly type: "accept" }
  | { readonly type: "file"; readonly source: string }
  | { readonly type: "skip" }
  | { readonly type: "stop" };

/** A conflict as a person settles it. */
export interface StepConflict {
  readonly id: string;
  readonly kind: string;
  readonly location: string;
  /** `source`: null where the head removes the definition. */
  readonly heads: readonly {
    readonly author: string;
    readonly time: string | null;
    readonly source: string | null;
    readonly isMine: boolean;
    readonly location: string;
    /** Of a place that is taken twice: who moved the definition there, and from where; null: it was made there. */
    readonly moved: {
      readonly from: string;
      readonly author: string;
      readonly isMine: boolean;
    } | null;
  }[];
  readonly base: { readonly source: string | null } | null;
  readonly dependents: readonly string[];
  /** An earlier choice, in words, or null. */
  readonly earlier: string | null;
}

/** A text that was chosen (`file`) and could not be taken, and why. */
export interface RefusedText {
  readonly source: string;
  readonly problem: Problem;
}

/**
 * Shows a conflict on the terminal and asks what to do about it. A merge that fails is told and asked again; a choice
 * of `file` that the caller cannot take comes back as `refused`, so that the person goes on with that text. Ctrl-C is
 * `stop`.
 */
export async function askChoice(
  conflict: StepConflict,
  progress: StepProgress,
  refused: RefusedText | null = null,
): Promise<StepChoice> {
  if (refused === null) print(pictureOf(conflict, progress, process.stdout.columns || 80));
  else printProblem(refused.problem);
  const mergeTool = mergeToolCommand();
  let draft = refused?.source ?? null;
  for (;;) {
    const tools = { editor: programOf(editorCommand()), mergeTool: mergeTool && programOf(mergeTool) };
    const action = await ask(stepOptions(conflict, { ...tools, hasDraft: draft !== null }));
    switch (action.type) {
      case "edit": {
        const edited = editMerge(conflict, draft);
        if (edited === null) break;
        if (!hasMarkers(edited, mergeTexts(conflict))) return { type: "file", source: edited };
        draft = edited;
        printProblem(markersLeft);
        break;
      }
      case "merge-tool": {
        const merged = await mergeInTool(mergeTool ?? "", mergeTexts(conflict), nameOf(conflict.location));
        if (merged.ok) return { type: "file", source: merged.value };
        printProblem(merged.problem);
        break;
      }
      case "skip":
      case "stop":
        if (draft !== null) print(`Your text is kept in ${keepText(draft, nameOf(conflict.location))}`);
        return action;
      default:
        return action;
    }
  }
}

const markersLeft: Problem = {
  code: "merge-markers",
  message: "there are conflict markers left in your text",
  hint: "Edit it again, and take out the lines that begin with <<<<<<<, |||||||, ======= and >>>>>>>.",
};

/** The list; a person who leaves it stops. */
async function ask(options: readonly StepOption[]): Promise<StepAction> {
  const { isCancel, select } = await import("@clack/prompts");
  const stopListening = listenForLetters(
    process.stdin,
    options.map(({ letter }) => letter),
  );
  try {
    const chosen = await select({
      input: process.stdin,
      output: process.stdout,
      message: `What should stand? ${paint.dim("A letter or an arrow, then Enter.")}`,
      withGuide: false,
      showInstructions: false,
      options: options.map((value) => ({
        value,
        label: `${value.letter ?? " "}  ${value.label}`,
        ...(value.hint === null ? {} : { hint: value.hint }),
      })),
    });
    return isCancel(chosen) ? { type: "stop" } : chosen.action;
  } finally {
    stopListening();
  }
}

/** What the editor leaves; null if that is nothing new, which is told. */
function editMerge(conflict: StepConflict, draft: string | null): string | null {
  const text = draft ?? markedMerge(mergeTexts(conflict), mergeLabels(conflict));
  const file = new EditedFile(tmpdir(), conflict.location, text.trimEnd());
  try {
    const edited = file.edit(false);
    file.remove();
    if (edited === null) print("The text was not changed.\n");
    return edited;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    printProblem(error.problem);
    return null;
  }
}

function mergeTexts(conflict: StepConflict): MergeTexts {
  const [mine, theirs] = mergedHeads(conflict);
  // Of a dependency that is another definition.
  const base = conflict.kind === "dependency" ? null : (conflict.base?.source ?? null);
  return { base, mine: mine?.source ?? null, theirs: theirs?.source ?? null };
}

function mergeLabels(conflict: StepConflict): MergeLabels {
  const [mine, theirs] = mergedHeads(conflict);
  return { mine: oneLine(mine?.author ?? ""), base: "before both", theirs: oneLine(theirs?.author ?? "") };
}

function editorCommand(): string {
  return process.env.VISUAL || process.env.EDITOR || "vi";
}

/** The name of the program that a command runs. */
function programOf(command: string): string {
  return basename(command.trim().split(/\s+/)[0] ?? command);
}

function printProblem({ message, hint }: Problem): void {
  print(`\n${paint.red("error:")} ${message}\n${paint.cyan("hint:")} ${hint}\n`);
}
