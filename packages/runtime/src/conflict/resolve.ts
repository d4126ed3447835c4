import type { Conflict } from "@darksync/core/conflict";
import { failure, type Result, success } from "@darksync/core/result";
import { allOrNone, orUndo } from "../edit/all-or-none.js";
import { findConflict } from "../read/conflicts.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { type Choice, decide } from "./decision.js";
import { type ConflictFilter, conflictsIn } from "./filter.js";
import { applyRule, type Rule } from "./rule.js";
import {
  type Decided,
  type Settled,
  type SettleMode,
  type Settlement,
  settleConflicts,
} from "./settlement.js";
import { Sides } from "./side.js";

/** What came of one conflict. */
export type Resolved = Settled & Pick<Settlement, "changes">;

/** Settles the conflict whose id begins like this: the choice supersedes exactly the heads that are here (O6). */
export function resolveConflict(
  replica: Replica,
  idPrefix: string,
  choice: Choice,
): Promise<Result<Resolved>> {
  return allOrNone(replica, (tables) => {
    const conflict = orUndo(findConflict(replica, tables, idPrefix));
    const sides = new Sides(replica, tables).of(conflict);
    const decision = orUndo(decide(replica, conflict, sides, choice));
    const decided = { decision, choice: choice.type, rule: null };
    const { settled, left, changes } = settleConflicts(
      replica,
      tables,
      [conflict],
      () => success(decided),
      "write",
    );
    const [only] = settled;
    if (only !== undefined) return { ...only, changes };
    return orUndo(failure("not-settled", left[0]?.reason ?? "it is settled already", "Choose another side."));
  });
}

/** Settles all conflicts that a rule has an answer for; the others are left, with why. */
export function resolveAll(
  replica: Replica,
  filter: ConflictFilter,
  rule: Rule,
  mode: SettleMode,
): Promise<Result<Settlement>> {
  const settle = (tables: ReplicaTables) =>
    settleConflicts(
      replica,
      tables,
      conflictsIn(replica, tables, filter),
      decideBy(replica, tables, rule),
      mode,
    );
  return mode === "dry-run"
    ? Promise.resolve(success(replica.store.read(settle)))
    : allOrNone(replica, settle);
}

/** Decides by a rule. */
export function decideBy(
  replica: Replica,
  tables: ReplicaTables,
  rule: Rule,
): (conflict: Conflict) => Result<Decided> {
  const sides = new Sides(replica, tables);
  return (conflict) => {
    const verdict = applyRule(rule, { kind: conflict.kind, sides: sides.of(conflict) });
    if (verdict.type === "undecided") return failure("undecided", verdict.reason, "Settle it by hand.");
    return success({ decision: verdict, choice: wordOf(rule), rule });
  };
}

/** What is noted as chosen where a rule chose. */
function wordOf(rule: Rule): string {
  switch (rule) {
    case "mine":
    case "theirs":
    case "both":
      return rule;
    case "newest":
    case "owner":
    case "keep-edit-over-delete":
      return "head";
  }
}
