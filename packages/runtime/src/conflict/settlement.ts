import type { Conflict } from "@darksync/core/conflict";
import type { Location } from "@darksync/core/location";
import type { ChangeId } from "@darksync/core/op-id";
import type { Result } from "@darksync/core/result";
import { orUndo } from "../edit/all-or-none.js";
import { logOf } from "../edit/naming.js";
import { noteTogether } from "../edit/together.js";
import { conflictAt } from "../read/conflicts.js";
import { Commit } from "../replica/commit-change.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import type { Decision } from "./decision.js";
import { inChanges, type LoggedOps } from "./in-changes.js";
import { noteOfRule, type Rule } from "./rule.js";
import { settlingOf } from "./settling.js";

/** A decision about a conflict with the words that are noted beside it. */
export interface Decided {
  readonly decision: Decision;
  readonly choice: string;
  /** The rule that chose; null: a person did. */
  readonly rule: Rule | null;
}

/** A conflict that was settled. */
export interface Settled {
  readonly conflict: Conflict;
  readonly decision: Decision;
  readonly choice: string;
  /** Where other sides went under a new name. */
  readonly madeAt: readonly Location[];
}

/** A conflict that was left as it is. */
export interface Left {
  readonly conflict: Conflict;
  readonly reason: string;
}

/** What became of conflicts. */
export interface Settlement {
  readonly settled: readonly Settled[];
  readonly left: readonly Left[];
  /** Those that were made, in order; as one for an undo. */
  readonly changes: readonly ChangeId[];
}

/** Whether to write, or only to tell what would be done. */
export type SettleMode = "write" | "dry-run";

/**
 * Settles conflicts in one transaction of `allOrNone`, in one change for each log if they fit (O6). Conflicts that
 * moves tie to one another cannot share a change: such a one has its turn when the others are settled.
 */
export function settleConflicts(
  replica: Replica,
  tables: ReplicaTables,
  conflicts: readonly Conflict[],
  decide: (conflict: Conflict) => Result<Decided>,
  mode: SettleMode,
): Settlement {
  const settled: Settled[] = [];
  const left: Left[] = [];
  const changes: ChangeId[] = [];
  let waiting = conflicts;
  while (waiting.length > 0) {
    const round = new Round(replica, tables, decide);
    for (const conflict of waiting) round.add(conflict);
    settled.push(...round.settled);
    left.push(...round.left);
    waiting = round.waiting;
    if (mode === "dry-run") {
      settled.push(...round.waitingSettled);
      break;
    }
    changes.push(...round.commit());
    const still = waiting.flatMap((conflict) => stillOpen(replica, tables, conflict) ?? []);
    const open = new Set(still.map(({ id }) => id));
    for (const conflict of waiting)
      if (!open.has(conflict.id)) left.push({ conflict, reason: "settling another one changed it" });
    waiting = still;
  }
  noteTogether(tables, changes);
  return { settled, left, changes };
}

function stillOpen(replica: Replica, tables: ReplicaTables, { id, location }: Conflict): Conflict | null {
  if (tables.packages.nameRow(location)?.conflict?.id !== id) return null;
  return conflictAt(replica, tables, location);
}

/** Conflicts that can be settled at once. */
class Round {
  readonly settled: Settled[] = [];
  readonly left: Left[] = [];
  readonly waiting: Conflict[] = [];
  /** What would come of those that wait, as far as that can be told now. */
  readonly waitingSettled: Settled[] = [];
  readonly #replica: Replica;
  readonly #tables: ReplicaTables;
  readonly #decide: (conflict: Conflict) => Result<Decided>;
  readonly #parts: LoggedOps[] = [];
  readonly #named = new Set<Location>();

  constructor(replica: Replica, tables: ReplicaTables, decide: (conflict: Conflict) => Result<Decided>) {
    this.#replica = replica;
    this.#tables = tables;
    this.#decide = decide;
  }

  add(conflict: Conflict): void {
    const decided = this.#decide(conflict);
    if (!decided.ok) {
      this.#leave(conflict, decided.problem.message);
      return;
    }
    const { decision, choice, rule } = decided.value;
    const settling = settlingOf(this.#replica, this.#tables, conflict, decision, this.#named);
    if (!settling.ok) {
      this.#leave(conflict, settling.problem.message);
      return;
    }
    const { ops, locations, madeAt } = settling.value;
    const settled: Settled = { conflict, decision, choice, madeAt };
    if (locations.some((location) => this.#named.has(location))) {
      this.waiting.push(conflict);
      this.waitingSettled.push(settled);
      return;
    }
    for (const location of locations) this.#named.add(location);
    const log = logOf(this.#tables, conflict.location);
    const noted = rule === null ? "" : noteOfRule(rule);
    this.#parts.push({ log, ops: [...ops, { type: "Resolve", conflict: conflict.id, choice, rule: noted }] });
    this.settled.push(settled);
  }

  commit(): readonly ChangeId[] {
    const commit = new Commit(this.#replica, this.#tables);
    const changes = inChanges(this.#parts).map(({ log, ops }) => orUndo(commit.add(log, ops)));
    commit.finish();
    return changes;
  }

  #leave(conflict: Conflict, reason: string): void {
    this.left.push({ conflict, reason });
  }
}
