import { type Result, success } from "@darksync/core/result";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";

/** Does work in one transaction; `orUndo` within it ends it, and nothing of it is kept. */
export function allOrNone<Value>(
  { store }: Pick<Replica, "store">,
  work: (tables: ReplicaTables) => Value,
): Promise<Result<Value>> {
  return store
    .write((tables): Result<Value> => success(work(tables)))
    .catch((error: unknown) => {
      if (error instanceof Undone) return error.result;
      throw error;
    });
}

/** The value of a result; a failure ends the transaction of `allOrNone`. */
export function orUndo<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Undone(result);
  return result.value;
}

// Thrown so that the store takes back what the transaction wrote.
class Undone extends Error {
  readonly result: Extract<Result<never>, { ok: false }>;

  constructor(result: Extract<Result<never>, { ok: false }>) {
    super(result.problem.message);
    this.result = result;
  }
}
