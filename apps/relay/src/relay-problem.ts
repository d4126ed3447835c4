import type { Problem } from "@darksync/core/result";
import { relayRepairHint } from "@darksync/runtime/relay/check-space";
import { StoreError } from "@darksync/runtime/store/store";

/** Ends the relay with a problem: 1 could not be done, 2 wrong usage. */
export class RelayProblem extends Error {
  readonly problem: Problem;
  readonly exitCode: 1 | 2;

  constructor(problem: Problem, exitCode: 1 | 2 = 1) {
    super(problem.message);
    this.problem = problem;
    this.exitCode = exitCode;
  }
}

/** What an error means to whoever runs the relay; null if it is a bug. */
export function problemOf(error: unknown): Problem | null {
  if (error instanceof RelayProblem) return error.problem;
  if (error instanceof StoreError) return { code: error.code, message: error.message, hint: hintFor(error) };
  return null;
}

function hintFor({ code, hint }: StoreError): string {
  return code === "database-corrupt" ? relayRepairHint : hint;
}

/** Prints why the relay ends; returns its exit code. */
export function reportProblem(error: unknown): number {
  const problem = problemOf(error);
  if (problem === null) throw error;
  process.stderr.write(`error: ${problem.message}\nhint: ${problem.hint}\n`);
  return error instanceof RelayProblem ? error.exitCode : 1;
}
