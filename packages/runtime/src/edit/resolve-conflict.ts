import type { Conflict } from "@darksync/core/conflict";
import { nameOf } from "@darksync/core/location";
import type { Op } from "@darksync/core/op/op";
import { type ChangeId, changeOf } from "@darksync/core/op-id";
import type { Assignment, Binding } from "@darksync/core/register";
import { failure, type Result, success } from "@darksync/core/result";
import { findConflict } from "../read/conflicts.js";
import { commitChange } from "../replica/commit-change.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { defineOps, logOf, setNameOp, unsetNameOp } from "./naming.js";
import { parseFor } from "./save.js";

/** How a conflict is settled. */
export type Choice =
  | { readonly type: "mine" }
  | { readonly type: "theirs" }
  | { readonly type: "file"; readonly source: string };

/** Settles a conflict: the choice supersedes exactly the heads that this replica sees (O6). */
export function resolveConflict(
  replica: Replica,
  idPrefix: string,
  choice: Choice,
): Promise<Result<ChangeId>> {
  return commitChange(replica, (tables) => {
    const found = findConflict(replica, tables, idPrefix);
    if (!found.ok) return found;
    const conflict = found.value;
    const note: Op = { type: "Resolve", conflict: conflict.id, choice: choice.type, rule: "" };
    const ops =
      choice.type === "file"
        ? opsOfSource(replica, tables, conflict, choice.source)
        : opsOfSide(replica, tables, conflict, choice.type);
    return ops.ok ? success({ log: logOf(tables, conflict.location), ops: [...ops.value, note] }) : ops;
  });
}

function opsOfSource(
  replica: Replica,
  tables: ReplicaTables,
  { location }: Conflict,
  source: string,
): Result<readonly Op[]> {
  const parsed = parseFor(replica, location, source);
  if (!parsed.ok) return parsed;
  return success(defineOps(replica, tables, location, parsed.value));
}

function opsOfSide(
  replica: Replica,
  tables: ReplicaTables,
  conflict: Conflict,
  side: "mine" | "theirs",
): Result<readonly Op[]> {
  const isMine = (head: Assignment<"name">) =>
    tables.changes.get(changeOf(head.id))?.device === replica.device;
  const heads = conflict.heads.filter((head) => isMine(head) === (side === "mine"));
  const [only] = heads;
  if (heads.length !== 1 || only === undefined) {
    return failure(
      "ambiguous-head",
      `there is not just one head that is ${side}: ${describeHeads(conflict)}`,
      `Write the text you want to a file: darklang conflicts resolve ${conflict.id.slice(0, 8)} --file F`,
    );
  }
  return success(opsOfBinding(replica, tables, conflict.location, only.value));
}

function opsOfBinding(
  replica: Replica,
  tables: ReplicaTables,
  location: string,
  binding: Binding,
): readonly Op[] {
  if (binding.type === "nothing") return [unsetNameOp(replica, tables, location)];
  return [setNameOp(replica, tables, location, binding)];
}

function describeHeads({ location, heads }: Conflict): string {
  const name = nameOf(location);
  return heads
    .map(({ value }) => (value.type === "nothing" ? `${name} removed` : value.hash.slice(0, 12)))
    .join(", ");
}
