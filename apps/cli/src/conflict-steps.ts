import type { Problem } from "@darksync/core/result";
import type { Choice } from "@darksync/runtime/conflict/decision";
import { detailConflicts } from "@darksync/runtime/conflict/details";
import { conflictsIn } from "@darksync/runtime/conflict/filter";
import { resolveConflict } from "@darksync/runtime/conflict/resolve";
import { rank } from "@darksync/runtime/conflict/summary";
import { findConflict } from "@darksync/runtime/read/conflicts";
import { type Answer, print } from "./command.js";
import { type FilterOptions, filterOf } from "./conflict-list.js";
import { madeWords, remainingIn, remainingWords } from "./conflict-resolve.js";
import { type ConflictView, stepConflictOf, viewConflict } from "./conflict-view.js";
import { paint } from "./paint.js";
import type { Space } from "./space.js";
import type { StepProgress } from "./step-picture.js";
import { askChoice, type RefusedText, type StepChoice } from "./step-through.js";
import { countOf } from "./wording.js";

/** Goes through the conflicts with a person at the terminal, most depended on first; each answer holds at once. */
export async function stepThrough(space: Space, options: FilterOptions): Promise<Answer> {
  const { replica } = space;
  const ids = replica.store.read((tables) => {
    const found = conflictsIn(replica, tables, filterOf(options));
    return rank(detailConflicts(replica, tables, found)).map(({ conflict }) => conflict.id);
  });
  const steps = new Steps(space);
  for (const [index, id] of ids.entries()) {
    const view = currentView(space, id);
    if (view !== null && (await steps.settle(view, { index, count: ids.length })) === "stopped") break;
  }
  return steps.answer(ids.length);
}

/** The conflict as it is now; null if an answer before, or another program, has settled it. */
function currentView({ replica }: Space, id: string): ConflictView | null {
  return replica.store.read((tables) => {
    const found = findConflict(replica, tables, id);
    return found.ok ? viewConflict(replica, tables, found.value) : null;
  });
}

class Steps {
  readonly #space: Space;
  readonly #resolved: string[] = [];
  readonly #changes: string[] = [];

  constructor(space: Space) {
    this.#space = space;
  }

  /** Asks until the conflict is settled or left. */
  async settle(view: ConflictView, progress: StepProgress): Promise<"done" | "stopped"> {
    const step = stepConflictOf(view);
    for (let refused: RefusedText | null = null; ; ) {
      const chosen = await askChoice(step, progress, refused);
      if (chosen.type === "stop") return "stopped";
      if (chosen.type === "skip") return "done";
      const resolved = await resolveConflict(this.#space.replica, view.id, choiceOf(view, chosen));
      if (resolved.ok) {
        this.#resolved.push(view.id);
        this.#changes.push(...resolved.value.changes);
        const made = madeWords(resolved.value);
        if (made !== "") print(made);
        return "done";
      }
      if (resolved.problem.code === "unknown-conflict") {
        printProblem(resolved.problem);
        return "done";
      }
      refused = chosen.type === "file" ? { source: chosen.source, problem: resolved.problem } : null;
      if (refused === null) printProblem(resolved.problem);
    }
  }

  answer(count: number): Answer {
    const remaining = remainingIn(this.#space);
    const settled = this.#resolved.length;
    const undo = settled === 0 ? "" : "\n`darklang undo` takes the last one back.";
    const text =
      count === 0
        ? "There are no such conflicts."
        : `${countOf(settled, "conflict")} settled. ${remainingWords(remaining)}${undo}`;
    const change = this.#changes.at(-1) ?? null;
    return {
      json: { resolved: this.#resolved, change, changes: this.#changes, remaining, left: [] },
      text,
    };
  }
}

function choiceOf(view: ConflictView, chosen: Exclude<StepChoice, { type: "stop" | "skip" }>): Choice {
  if (chosen.type !== "head") return chosen;
  const head = view.heads[chosen.index];
  if (head === undefined) throw new Error(`there is no side ${chosen.index}`);
  return { type: "head", prefix: head.change };
}

function printProblem({ message, hint }: Problem): void {
  print(`\n${paint.red("error:")} ${message}\n${paint.cyan("hint:")} ${hint}`);
}
