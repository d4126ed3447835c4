import { type Change, decodeChange } from "@darksync/core/change";
import type { Op } from "@darksync/core/op/op";
import { type ChangeId, opId } from "@darksync/core/op-id";
import { failure, type Result, success } from "@darksync/core/result";
import { checkUndoScope, lastOwnChange } from "../branch/undo-scope.js";
import { findChange } from "../read/find-change.js";
import { ChangeReader } from "../replica/change-bytes.js";
import { Commit } from "../replica/commit-change.js";
import type { Replica } from "../replica/replica.js";
import type { ChangeRecord } from "../store/change-store.js";
import type { ReplicaTables } from "../store/store.js";
import { inverseOp } from "./inverse-op.js";

/** What an undo came to. */
export interface Undone {
  /** The change that puts things back. */
  readonly change: ChangeId;
  /** The change that was taken back. */
  readonly undone: ChangeId;
}

/**
 * Takes back an own change by a new one that puts the values before it in place again. Nothing is rewritten; the
 * undo can be undone. `idPrefix` null: the last own change of the branch, or main, that is worked on.
 */
export function undo(replica: Replica, idPrefix: string | null): Promise<Result<Undone>> {
  return replica.store.write((tables): Result<Undone> => {
    const found = idPrefix === null ? lastOwnChange(replica, tables) : findChange(tables, idPrefix);
    if (!found.ok) return found;
    const record = found.value;
    if (record.device !== replica.device) {
      return failure("not-own", "that change was made by another device", "Save the text you want instead.");
    }
    const scope = checkUndoScope(replica, tables, record);
    if (!scope.ok) return scope;
    const decoded = decodeChange(new ChangeReader(tables, replica.compression).bytesOf(record));
    if (decoded.type !== "change")
      return failure("not-understood", decoded.reason, "Upgrade darksync first.");
    const inverse = inverseOps(tables, record, decoded.change);
    if (!inverse.ok) return inverse;
    const commit = new Commit(replica, tables);
    const added = commit.add(record.log, inverse.value);
    commit.finish();
    return added.ok ? success({ change: added.value, undone: record.id }) : added;
  });
}

function inverseOps(tables: ReplicaTables, record: ChangeRecord, change: Change): Result<readonly Op[]> {
  const ops: Op[] = [];
  for (const [index, op] of change.ops.entries()) {
    const inverse = inverseOp(tables, record.log, op, opId(record.id, index));
    if (inverse === "changed-since") {
      return failure(
        "changed-since",
        "what that change set was changed again since",
        "location" in op
          ? "Look at it with `darklang log LOCATION`, then save the text you want."
          : "Look at it with `darklang log`, then set it to what you want.",
      );
    }
    if (inverse === "settled-conflict") {
      return failure(
        "settled-conflict",
        "that change settled a conflict; there is no single text before it",
        "Look at the texts with `darklang log LOCATION`, then save the one you want.",
      );
    }
    if (inverse !== null) ops.push(inverse);
  }
  if (ops.length > 0) return success(ops);
  const { message, hint } = insteadOfUndo(change.ops);
  return failure("nothing-to-undo", message, hint);
}

/** Why nothing of a change can be put back, and what to do instead. */
function insteadOfUndo(ops: readonly Op[]): { readonly message: string; readonly hint: string } {
  const types = new Set(ops.map(({ type }) => type));
  if (types.has("CreateBranch"))
    return { message: "a branch that was made stays", hint: "Archive it: darklang branch archive NAME" };
  if (types.has("Merged"))
    return {
      message: "what was merged stays merged",
      hint: "Save the text you want on main: darklang save LOCATION",
    };
  if (types.has("SetBase"))
    return { message: "a base is not moved back", hint: "Move it on to what main is now: darklang rebase" };
  if (types.has("NameBranch"))
    return {
      message: "the branch had no name before",
      hint: "Give it another one: darklang branch rename NAME",
    };
  return {
    message: "that change set nothing that can be put back",
    hint: "Choose another one: darklang log.",
  };
}
