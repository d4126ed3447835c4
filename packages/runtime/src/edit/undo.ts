import { type Change, decodeChange } from "@darksync/core/change";
import type { Op } from "@darksync/core/op/op";
import { type ChangeId, type OpId, opId } from "@darksync/core/op-id";
import type { Assignment, Register, RegisterType } from "@darksync/core/register";
import { failure, type Result, success } from "@darksync/core/result";
import { findChange } from "../read/find-change.js";
import { ChangeReader } from "../replica/change-bytes.js";
import { Commit } from "../replica/commit-change.js";
import type { Replica } from "../replica/replica.js";
import type { ChangeRecord } from "../store/change-store.js";
import type { ReplicaTables } from "../store/store.js";

/** What an undo came to. */
export interface Undone {
  /** The change that puts things back. */
  readonly change: ChangeId;
  /** The change that was taken back. */
  readonly undone: ChangeId;
}

/**
 * Takes back an own change by a new one that puts the values before it in place again. Nothing is rewritten; the
 * undo can be undone. `idPrefix` null: the last own change.
 */
export function undo(replica: Replica, idPrefix: string | null): Promise<Result<Undone>> {
  return replica.store.write((tables): Result<Undone> => {
    const found = idPrefix === null ? lastOwn(replica, tables) : findChange(tables, idPrefix);
    if (!found.ok) return found;
    const record = found.value;
    if (record.device !== replica.device) {
      return failure("not-own", "that change was made by another device", "Save the text you want instead.");
    }
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

function lastOwn(replica: Replica, tables: ReplicaTables): Result<ChangeRecord> {
  const pageSize = 100;
  for (let before: number | undefined; ; ) {
    const page = tables.changes.latest(pageSize, before);
    const own = page.find((record) => record.device === replica.device && record.log !== "auth");
    if (own !== undefined) return success(own);
    before = page.at(-1)?.number;
    if (before === undefined)
      return failure("nothing-to-undo", "you have changed nothing yet", "Save something first.");
  }
}

function inverseOps(tables: ReplicaTables, record: ChangeRecord, change: Change): Result<readonly Op[]> {
  const ops: Op[] = [];
  for (const [index, op] of change.ops.entries()) {
    const inverse = inverseOp(tables, op, opId(record.id, index));
    if (inverse === "changed-since") {
      return failure(
        "changed-since",
        "what that change set was changed again since",
        "Look at it with `darklang log LOCATION`, then save the text you want.",
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
  return failure(
    "nothing-to-undo",
    "that change set nothing that can be put back",
    "Choose another one: darklang log.",
  );
}

type Inverse = Op | null | "changed-since" | "settled-conflict";

function inverseOp(tables: ReplicaTables, op: Op, id: OpId): Inverse {
  switch (op.type) {
    case "SetName":
    case "UnsetName": {
      const { location } = op;
      const before = valueBefore(tables, { type: "name", key: location }, id, op.supersedes);
      if (typeof before === "string") return before;
      const supersedes = [id];
      // A rename taken back is a rename.
      if (before === null || before.value.type === "nothing") {
        const movedTo = op.type === "SetName" ? op.movedFrom : null;
        return { type: "UnsetName", location, movedTo, supersedes };
      }
      const { kind, hash } = before.value;
      const movedFrom = op.type === "UnsetName" ? op.movedTo : null;
      return { type: "SetName", location, kind, target: hash, movedFrom, supersedes };
    }
    case "Deprecate":
    case "Undeprecate": {
      const { location } = op;
      const before = valueBefore(tables, { type: "deprecation", key: location }, id, op.supersedes);
      if (typeof before === "string") return before;
      const supersedes = [id];
      if (before === null || before.value === null) return { type: "Undeprecate", location, supersedes };
      return { type: "Deprecate", location, message: before.value.message, supersedes };
    }
    case "SetFile": {
      const { path } = op;
      const before = valueBefore(tables, { type: "file", key: path }, id, op.supersedes);
      if (typeof before === "string") return before;
      return { type: "SetFile", path, skeleton: before?.value.skeleton ?? [], supersedes: [id] };
    }
    case "AddFn":
    case "AddType":
    case "AddValue":
    case "Resolve":
    case "IntroduceDevice":
    case "CreateNamespace":
      return null;
  }
}

/** What the register held before the op, null if nothing; or why that cannot be put back. */
function valueBefore<Type extends RegisterType>(
  tables: ReplicaTables,
  register: Register<Type>,
  id: OpId,
  supersedes: readonly OpId[],
): Assignment<Type> | null | "changed-since" | "settled-conflict" {
  const heads = tables.packages.heads(register);
  if (heads.length !== 1 || heads[0]?.id !== id) return "changed-since";
  const replaced = supersedes.map((superseded) => tables.packages.assignment(register, superseded));
  const found = replaced.filter((assignment) => assignment !== null);
  // An op may name also what its predecessor replaced (O1).
  const older = new Set(found.flatMap((assignment) => assignment.supersedes));
  const [only, ...others] = found.filter((assignment) => !older.has(assignment.id));
  return others.length > 0 ? "settled-conflict" : (only ?? null);
}
