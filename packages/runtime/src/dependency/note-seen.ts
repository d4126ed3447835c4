import { deviceOf, type StreamName } from "@darksync/core/stream";
import type { LogName, Seen, Vector } from "@darksync/core/vector";
import type { PlacedStream } from "../store/seen-store.js";
import type { ReplicaTables } from "../store/store.js";

/** Whether a log holds approved packages: only what is in these makes `dependency` records. */
export function isPackageLog(log: LogName): boolean {
  return log.startsWith("main/");
}

/** Keeps what a block says it had seen of other devices' packages, beyond the block before it. */
export function noteSeen(
  { seen: store }: ReplicaTables,
  viewer: PlacedStream,
  seq: number,
  seen: Seen,
): void {
  const ofOthers = seenOfOthers(viewer, seen);
  if (ofOthers.size > 0) store.add(viewer, seq, ofOthers);
}

/** What is kept of what a block of a stream says it had seen. */
export function seenOfOthers(viewer: PlacedStream, seen: Seen): Seen {
  const ofOthers = new Map<LogName, Vector>();
  if (!isPackageLog(viewer.log)) return ofOthers;
  const device = deviceOf(viewer.stream);
  for (const [log, vector] of seen) {
    if (!isPackageLog(log)) continue;
    const others = [...vector].filter(([stream]: [StreamName, number]) => deviceOf(stream) !== device);
    if (others.length > 0) ofOthers.set(log, new Map(others));
  }
  return ofOthers;
}
