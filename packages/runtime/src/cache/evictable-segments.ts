import { branchLog } from "@darksync/core/branch";
import type { LogName } from "@darksync/core/vector";
import { authLog } from "@darksync/sync/wanted";
import { BranchScope } from "../branch/branch-scope.js";
import { currentBranch } from "../branch/current-branch.js";
import type { StoredSegment } from "../store/segment-store.js";
import type { ReplicaTables } from "../store/store.js";
import { segmentsInConflict } from "./conflict-history.js";
import { readCacheSettings } from "./settings.js";

/** A sealed part of a log whose bytes may go. */
export interface EvictableSegment extends StoredSegment {
  readonly log: LogName;
}

/**
 * The parts of the history that may go, the least recently used first: whole segments that the relay durably has. The
 * logs of the members, of the branch that is worked on and of the owners who are kept whole stay, and what conflicts
 * are about: they are settled offline, too.
 */
export function evictableSegments(tables: ReplicaTables): readonly EvictableSegment[] {
  const kept = keptLogs(tables);
  const inConflict = new Set(segmentsInConflict(tables).map(({ hash }) => hash));
  const found = tables.blocks
    .logs()
    .filter((log) => !kept.has(log))
    .flatMap((log) => {
      const end = firstNotDurable(tables, log);
      return tables.segments
        .list(log)
        .filter(({ number, heldBytes }) => heldBytes > 0 && number < end)
        .filter(({ hash }) => !inConflict.has(hash))
        .map((segment) => ({ ...segment, log }));
    });
  const usedDay = new Map(found.map(({ hash }) => [hash, Number(tables.meta.get(usedDayKey(hash)) ?? 0)]));
  const dayOf = ({ hash }: EvictableSegment) => usedDay.get(hash) ?? 0;
  return found.sort((left, right) => dayOf(left) - dayOf(right) || left.number - right.number);
}

/** The name under which the day is noted on which a segment was last fetched. */
export function usedDayKey(hash: string): string {
  return `segmentUsed ${hash}`;
}

/** The logs whose history stays: that of the members, of the branch that is worked on, of owners kept whole. */
export function keptLogs(tables: ReplicaTables): ReadonlySet<LogName> {
  const branch = currentBranch(tables);
  const line = branch === null ? [] : new BranchScope(tables, branch).line;
  const owners = readCacheSettings(tables.meta).keep;
  return new Set([authLog, ...line.map(branchLog), ...owners.map((owner) => `main/${owner}`)]);
}

/** The number of the first segment with a block that the relay does not durably have. */
function firstNotDurable({ blocks, durable }: ReplicaTables, log: LogName): number {
  const vector = durable.durable(log);
  let first = Number.POSITIVE_INFINITY;
  for (const [stream, { seq }] of blocks.tips(log)) {
    const next = (vector.get(stream) ?? 0) + 1;
    if (next <= seq) first = Math.min(first, blocks.segmentOf(log, stream, next) ?? first);
  }
  return first;
}
