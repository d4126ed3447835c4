import { type Change, changeId, decodeChange } from "@darksync/core/change";
import { type Coverage, covers } from "@darksync/core/coverage";
import type { ChangeId } from "@darksync/core/op-id";
import { deviceOf, type StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import { ChangeReader } from "../replica/change-bytes.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";

/** A change with its id. */
export interface IdentifiedChange {
  readonly id: ChangeId;
  readonly change: Change;
}

type Ports = Pick<Replica, "hash" | "compression" | "device">;

/**
 * The changes of a log that none of some coverages covers: those in blocks, then those that wait unsigned. One that
 * this version does not understand is not among them. The cost follows what is uncovered, not the history.
 */
export function uncoveredChanges(
  ports: Ports,
  tables: ReplicaTables,
  log: LogName,
  coverages: readonly Coverage[],
): readonly IdentifiedChange[] {
  const found: IdentifiedChange[] = [];
  const reader = new ChangeReader(tables, ports.compression);
  const take = (device: string, stream: StreamName | null, seq: number, bytes: Uint8Array) => {
    const decoded = decodeChange(bytes);
    if (decoded.type !== "change") return;
    const { change } = decoded;
    const position = { device, log, time: change.time, place: stream === null ? null : { stream, seq } };
    if (coverages.some((coverage) => covers(coverage, position))) return;
    found.push({ id: changeId(ports.hash, device, log, bytes), change });
  };
  for (const [stream, tip] of tables.blocks.tips(log)) {
    const covered = coverages.map(({ logs }) => logs.get(log)?.get(stream) ?? 0);
    for (let seq = Math.max(0, ...covered) + 1; seq <= tip.seq; seq += 1)
      for (const bytes of reader.changesOf(log, stream, seq)) take(deviceOf(stream), stream, seq, bytes);
  }
  const all = Number.MAX_SAFE_INTEGER;
  for (const record of tables.changes.unsigned(log, 0, all, all))
    take(ports.device, null, 0, reader.bytesOf(record));
  return found;
}
