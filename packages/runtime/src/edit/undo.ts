import { decodeChange } from "@darksync/core/change";
import type { Op } from "@darksync/core/op/op";
import { type ChangeId, type OpId, opId } from "@darksync/core/op-id";
import { failure, type Result } from "@darksync/core/result";
import { checkUndoScope, lastOwnChange } from "../branch/undo-scope.js";
import type { LoggedOps } from "../conflict/in-changes.js";
import { findChange } from "../read/find-change.js";
import { ChangeReader } from "../replica/change-bytes.js";
import type { Replica } from "../replica/replica.js";
import type { ChangeRecord } from "../store/change-store.js";
import type { ReplicaTables } from "../store/store.js";
import { allOrNone, orUndo } from "./all-or-none.js";
import { inverseOp } from "./inverse-op.js";
import { type NameOp, NamesBefore } from "./names-before.js";
import { type ConflictAgain, PutBackChanges } from "./put-back-changes.js";
import { madeTogether } from "./together.js";
import { namesToPutBack } from "./undo-names.js";

/** What an undo came to. */
export interface Undone {
  /** The last of `changes`. */
  readonly change: ChangeId;
  /** The changes that put things back, as one: several where sides of a conflict stand again. */
  readonly changes: readonly ChangeId[];
  /** The change that was taken back. */
  readonly undone: ChangeId;
  /** The changes that were made as one with it, itself among them. */
  readonly undoneTogether: readonly ChangeId[];
  /** The conflicts that are there again, under new ids. */
  readonly conflicts: readonly ConflictAgain[];
}

/**
 * Takes back an own change, with those made as one with it, by new ones that put the values before in place again: a
 * settled conflict comes back. Nothing is rewritten; the undo can be undone. `idPrefix` null: the last own change.
 */
export function undo(replica: Replica, idPrefix: string | null): Promise<Result<Undone>> {
  return allOrNone(replica, (tables) => {
    const record =
      idPrefix === null ? orUndo(lastOwnChange(replica, tables)) : orUndo(findChange(tables, idPrefix));
    if (record.device !== replica.device)
      orUndo(failure("not-own", "that change was made by another device", "Save the text you want instead."));
    orUndo(checkUndoScope(replica, tables, record));
    const undoneTogether = madeTogether(tables, record.id);
    const { names, others } = orUndo(inverses(replica, tables, undoneTogether));
    const before = new NamesBefore(replica, tables, names.ops);
    if (!before.areLast) orUndo(changedSince(true));
    const putBacks = orUndo(namesToPutBack(replica, tables, before));
    if (putBacks.length + others.length === 0) {
      const { message, hint } = insteadOfUndo(names.all);
      orUndo(failure("nothing-to-undo", message, hint));
    }
    const writing = new PutBackChanges(replica, tables, names.logs);
    const { changes, conflicts } = writing.write(putBacks, others);
    return { change: changes.at(-1) ?? "", changes, undone: record.id, undoneTogether, conflicts };
  });
}

interface Inverses {
  readonly names: {
    readonly ops: ReadonlyMap<OpId, NameOp>;
    /** The log of each location. */
    readonly logs: ReadonlyMap<string, string>;
    readonly all: readonly Op[];
  };
  readonly others: readonly LoggedOps[];
}

/** The ops of changes that name locations, and what puts back the others. */
function inverses(replica: Replica, tables: ReplicaTables, changes: readonly ChangeId[]): Result<Inverses> {
  const reader = new ChangeReader(tables, replica.compression);
  const ops = new Map<OpId, NameOp>();
  const logs = new Map<string, string>();
  const all: Op[] = [];
  const others: LoggedOps[] = [];
  for (const record of recordsOf(tables, changes)) {
    const decoded = decodeChange(reader.bytesOf(record));
    if (decoded.type !== "change")
      return failure("not-understood", decoded.reason, "Upgrade darksync first.");
    for (const [index, op] of decoded.change.ops.entries()) {
      const id = opId(record.id, index);
      all.push(op);
      if (op.type === "SetName" || op.type === "UnsetName") {
        ops.set(id, op);
        logs.set(op.location, record.log);
        continue;
      }
      const inverse = inverseOp(tables, record.log, op, id);
      if (inverse === "changed-since") return changedSince("location" in op);
      if (inverse !== null) others.push({ log: record.log, ops: [inverse] });
    }
  }
  return { ok: true, value: { names: { ops, logs, all }, others } };
}

function recordsOf({ changes }: ReplicaTables, ids: readonly ChangeId[]): readonly ChangeRecord[] {
  return ids.map((id) => changes.get(id)).filter((record) => record !== null);
}

function changedSince(isLocation: boolean): Extract<Result<never>, { ok: false }> {
  return failure(
    "changed-since",
    "what that change set was changed again since",
    isLocation
      ? "Look at it with `darklang log LOCATION`, then save the text you want."
      : "Look at it with `darklang log`, then set it to what you want.",
  );
}
/** Why nothing of a change can be put back, and what to do instead. */
function insteadOfUndo(ops: readonly Op[]): { readonly message: string; readonly hint: string } {
  const types = new Set(ops.map(({ type }) => type));
  if (types.has("CreateBranch"))
    return { message: "a branch that was made stays", hint: "Archive it: darklang branch archive NAME" };
  if (types.has("Unmerged"))
    return {
      message: "a merge that was taken back stays so",
      hint: "Merge the branch again: darklang merge",
    };
  if (types.has("SetBase"))
    return {
      message: "a branch stays on what it was brought up to, by a rebase or a merge",
      hint: "To take a merge into main back: darklang --branch main undo. `darklang log` lists changes to name.",
    };
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
