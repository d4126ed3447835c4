import { failure, type Result, success } from "@darksync/core/result";
import type { ChangeRecord } from "../store/change-store.js";
import type { ReplicaTables } from "../store/store.js";

/** Finds a change by the beginning of its id. */
export function findChange(tables: ReplicaTables, idPrefix: string): Result<ChangeRecord> {
  const hint = "`darklang log` lists changes with their ids.";
  const found = /^[0-9a-f]{1,64}$/.test(idPrefix) ? tables.changes.withPrefix(idPrefix, 2) : [];
  const [only] = found;
  if (only === undefined) return failure("unknown-change", `there is no change ${idPrefix}`, hint);
  return found.length === 1
    ? success(only)
    : failure("ambiguous-id", `${idPrefix} begins several ids`, "Give more digits.");
}
