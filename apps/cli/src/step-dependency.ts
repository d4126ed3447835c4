import type { StepConflict } from "./step-through.js";

type Head = StepConflict["heads"][number];

/** Who uses a definition, and who changed it. Of an edit that followed a move it cannot be told: no users then. */
export function dependencySides({ heads, location }: Pick<StepConflict, "heads" | "location">): {
  readonly users: readonly Head[];
  readonly changers: readonly Head[];
} {
  const users = heads.filter((head) => head.location === location);
  const changers = heads.filter((head) => head.location !== location);
  return changers.length === 0 ? { users: [], changers: heads } : { users, changers };
}
