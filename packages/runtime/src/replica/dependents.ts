import { decodeChange } from "@darksync/core/change";
import { type ChangeId, changeOf } from "@darksync/core/op-id";
import type { LogName } from "@darksync/core/vector";
import type { ChangeRecord } from "../store/change-store.js";
import type { ReplicaTables } from "../store/store.js";
import { ChangeReader } from "./change-bytes.js";
import type { Replica } from "./replica.js";

/** The changes that a change's ops say they replace. */
export function dependenciesOf(reader: ChangeReader, record: ChangeRecord): ReadonlySet<ChangeId> {
  const decoded = decodeChange(reader.bytesOf(record));
  if (decoded.type !== "change") return new Set();
  const ids = decoded.change.ops.flatMap((op) => ("supersedes" in op ? op.supersedes : []));
  return new Set(ids.map((id) => changeOf(id)));
}

/** The named changes of a log with the waiting ones that supersede something of them, directly or not. */
export function withDependents(
  replica: Pick<Replica, "compression">,
  tables: ReplicaTables,
  log: LogName,
  named: Iterable<ChangeId>,
): ReadonlySet<ChangeId> {
  const all = Number.MAX_SAFE_INTEGER;
  return withDependentsAmong(replica, tables, tables.changes.unsigned(log, 0, all, all), named);
}

/**
 * The named changes with those of `records`, which are in order of number, that supersede something of them, directly
 * or not: what is made on a branch may stand on what waits in main.
 */
export function withDependentsAmong(
  replica: Pick<Replica, "compression">,
  tables: ReplicaTables,
  records: readonly ChangeRecord[],
  named: Iterable<ChangeId>,
): ReadonlySet<ChangeId> {
  const found = new Set(named);
  const reader = new ChangeReader(tables, replica.compression);
  // What a change depends on was there before it.
  for (const record of records) {
    if (found.has(record.id)) continue;
    for (const id of dependenciesOf(reader, record)) {
      if (!found.has(id)) continue;
      found.add(record.id);
      break;
    }
  }
  return found;
}
