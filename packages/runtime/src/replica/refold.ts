import { decodeChange } from "@darksync/core/change";
import { Fold } from "@darksync/core/fold";
import type { Location } from "@darksync/core/location";
import { evictedSegments } from "../cache/evicted-segments.js";
import { rebuildDependencies } from "../dependency/update.js";
import type { ChangeRecord } from "../store/change-store.js";
import { EvictedError } from "../store/evicted-error.js";
import type { ReplicaTables } from "../store/store.js";
import { ChangeReader } from "./change-bytes.js";
import type { Replica } from "./replica.js";

const changesAtOnce = 1000;

/**
 * Makes the state anew from the changes. Needed where changes go away or begin to count: an upgrade, a closed
 * epoch, changes that were dropped. Its cost follows the history, so nothing that happens every day calls it. Returns
 * the locations whose heads had to be judged. Throws an `EvictedError` where part of the history is not here.
 */
export function refold(
  replica: Pick<Replica, "hash" | "language" | "compression">,
  tables: ReplicaTables,
): ReadonlySet<Location> {
  const evicted = evictedSegments(tables);
  if (evicted.length > 0) throw new EvictedError(evicted);
  tables.packages.clear();
  const reader = new ChangeReader(tables, replica.compression);
  const judged = new Set<Location>();
  let after = 0;
  for (;;) {
    const records = tables.changes.after(after, changesAtOnce);
    const last = records.at(-1);
    if (last === undefined) break;
    const fold = new Fold(tables.packages, replica);
    for (const record of records) {
      const reason = foldRecord(fold, record, reader.bytesOf(record));
      if (reason !== record.setAside) tables.changes.setSetAside(record.id, reason);
    }
    for (const location of fold.finish().judged) judged.add(location);
    after = last.number;
  }
  rebuildDependencies(replica, tables, judged);
  return judged;
}

/** Folds one change; tells why it is set aside, or null. */
export function foldRecord(
  fold: Fold,
  record: Pick<ChangeRecord, "id" | "device" | "log">,
  bytes: Uint8Array,
): string | null {
  const decoded = decodeChange(bytes);
  if (decoded.type !== "change") return decoded.reason;
  return fold.fold({ id: record.id, device: record.device, log: record.log, change: decoded.change });
}
