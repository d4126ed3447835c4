import type { Problem, Result } from "@darksync/core/result";

/** Ends a command with a problem: 1 could not be done, 2 wrong usage. */
export class ProblemError extends Error {
  readonly problem: Problem;
  readonly exitCode: 1 | 2;

  constructor(problem: Problem, exitCode: 1 | 2 = 1) {
    super(problem.message);
    this.problem = problem;
    this.exitCode = exitCode;
  }
}

/** Problems with what the command was given: wrong usage. */
const usageCodes: ReadonlySet<string> = new Set([
  "ambiguous-branch",
  "ambiguous-head",
  "ambiguous-id",
  "bad-branch-name",
  "bad-location",
  "bad-time",
  "bad-url",
  "same-location",
  "unfit-choice",
  "unfit-rule",
]);

/** The value of a result; a problem ends the command. */
export function unwrap<Value>(result: Result<Value>): Value {
  if (result.ok) return result.value;
  throw new ProblemError(result.problem, usageCodes.has(result.problem.code) ? 2 : 1);
}

/** Ends the command because it was called wrongly. */
export function wrongUsage(message: string, hint: string): never {
  throw new ProblemError({ code: "usage", message, hint }, 2);
}
