import type { ChangeId } from "@darksync/core/op-id";
import { failure, type Result, success } from "@darksync/core/result";
import { authLog } from "@darksync/sync/wanted";
import type { ChangeRecord } from "../store/change-store.js";
import type { QueueItem } from "../store/queue-store.js";
import type { ReplicaTables } from "../store/store.js";
import { type ChangeBundle, encodeChangeBundle } from "./change-bundle.js";
import { withDependentsAmong } from "./dependents.js";
import { lastOf, logsOf, settlePushItems } from "./push-queue.js";
import { refold } from "./refold.js";
import { type Replica, readFacts } from "./replica.js";

/**
 * Own changes that no block holds: they wait, or the relay refused them. What introduces this device is not among
 * them: without it no relay takes anything of it, ever.
 */
export function unsignedChanges(tables: ReplicaTables): readonly ChangeRecord[] {
  const all = Number.MAX_SAFE_INTEGER;
  const waiting = tables.changes
    .logsWithUnsigned()
    .filter((log) => log !== authLog)
    .flatMap((log) => tables.changes.unsigned(log, 0, all, all));
  const parked = tables.changes.parked().filter(({ place, log }) => place === null && log !== authLog);
  return [...waiting, ...parked].sort((left, right) => left.number - right.number);
}

/** The unsigned changes of a queue item and what depends on them, or why it cannot be dropped. */
export function droppableChanges(
  replica: Replica,
  tables: ReplicaTables,
  { task }: QueueItem,
): Result<readonly ChangeRecord[]> {
  if (task.type !== "push_ops") return success([]);
  if (task.log === authLog) {
    return failure(
      "introduction",
      "it introduces this device, and no relay takes anything of a device that it does not know",
      "Drop the other items, or all of them: `darklang sync --clear-queue`.",
    );
  }
  const unsigned = unsignedChanges(tables);
  const named = unsigned.filter(
    ({ log, number }) => log === task.log && number >= task.first && number <= lastOf(task),
  );
  if (named.length === 0) {
    return failure(
      "signed-already",
      "its changes are signed: others may have them by now",
      "Undo them with new changes instead: `darklang undo CHANGE`.",
    );
  }
  const ids = withDependentsAmong(
    replica,
    tables,
    unsigned.filter(({ parked }) => parked === null),
    named.map(({ id }) => id),
  );
  return success(unsigned.filter(({ id }) => ids.has(id)));
}

/** The bytes of a bundle with these changes. */
export function bundleOf(replica: Replica, records: readonly ChangeRecord[]): Uint8Array {
  const { space } = replica.store.read(readFacts);
  const changes = records.map(({ id, log, bytes }): ChangeBundle["changes"][number] => {
    if (bytes === null) throw new Error(`change ${id} waits unsigned without its bytes`);
    return { log, bytes };
  });
  return encodeChangeBundle(replica.hash, { space, device: replica.device, changes });
}

/**
 * Discards unsigned changes, and makes the state anew without them. Write their bundle first. Changes that were signed
 * meanwhile stay. No sync of this replica may run. Returns how many went.
 */
export function dropChanges(replica: Replica, ids: ReadonlySet<ChangeId>): Promise<number> {
  return replica.store.write((tables) => {
    const dropped = unsignedChanges(tables).filter(({ id }) => ids.has(id));
    for (const { id } of dropped) tables.changes.remove(id);
    if (dropped.length > 0) refold(replica, tables);
    const logs = new Set([...logsOf(tables), ...dropped.map(({ log }) => log)]);
    for (const log of logs) settlePushItems(tables, log);
    return dropped.length;
  });
}
