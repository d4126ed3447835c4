import { branchOfLog } from "@darksync/core/branch";
import { decodeChange } from "@darksync/core/change";
import { mainBranch } from "@darksync/core/conflict";
import { contentHash } from "@darksync/core/content-hash";
import type { Location } from "@darksync/core/location";
import type { Op } from "@darksync/core/op/op";
import { previousOp } from "@darksync/core/op/set-name";
import type { ChangeId } from "@darksync/core/op-id";
import type { Hash } from "@darksync/core/ports";
import { BranchScope } from "../branch/branch-scope.js";
import { ChangeReader } from "../replica/change-bytes.js";
import type { Replica } from "../replica/replica.js";
import { lastOfFirstSync } from "../replica/sync-notes.js";
import { type ChangeRecord, laterFirst } from "../store/change-store.js";
import type { ReplicaTables } from "../store/store.js";
import { Authors } from "./members.js";
import { mergedFrom } from "./merged-from.js";
import { lineageOf } from "./past.js";

/** A change as people see it. */
export interface HistoryEntry {
  readonly id: ChangeId;
  readonly author: string;
  readonly timeMs: number;
  /** Whether its author's clock was far ahead of this device's. */
  readonly isSkewed: boolean;
  readonly log: string;
  readonly ops: readonly Op[];
  readonly state: "pending" | "synced" | "failed";
  /** Why it counts for nothing yet, or null (O7). */
  readonly setAside: string | null;
}

/** The latest changes, newest first; of one location, if given. */
export function readHistory(
  replica: Pick<Replica, "compression" | "hash">,
  tables: ReplicaTables,
  limit: number,
  location: Location | null = null,
): readonly HistoryEntry[] {
  const reader = new ChangeReader(tables, replica.compression);
  const authors = new Authors(tables);
  return recordsOf(tables, limit, location).map((record) =>
    entryOf(replica, tables, reader, authors, record),
  );
}

/** One change, or null if there is none of this id. */
export function readChange(
  replica: Pick<Replica, "compression" | "hash">,
  tables: ReplicaTables,
  id: ChangeId,
): HistoryEntry | null {
  const record = tables.changes.get(id);
  if (record === null) return null;
  const reader = new ChangeReader(tables, replica.compression);
  return entryOf(replica, tables, reader, new Authors(tables), record);
}

function recordsOf(tables: ReplicaTables, limit: number, location: Location | null): readonly ChangeRecord[] {
  if (location === null) return latestInView(tables, limit);
  return [...numbersAt(tables, location)]
    .map((number) => tables.changes.byNumber(number))
    .filter((record) => record !== null)
    .sort(laterFirst)
    .slice(0, limit);
}

const fewestAtOnce = 100;
const mostAtOnce = 10_000;

/**
 * The latest changes of what is looked at: of other branches than that nothing is seen. What came with the first sync
 * came in any order (R95).
 */
function latestInView(tables: ReplicaTables, limit: number): readonly ChangeRecord[] {
  const isInView = viewOf(tables);
  const first = lastOfFirstSync(tables);
  const found: ChangeRecord[] = [];
  for (let before: number | undefined, isLater = true; isLater && found.length < limit; ) {
    const page = tables.changes.latest(Math.max(limit, fewestAtOnce), before);
    before = page.at(-1)?.number;
    isLater = before !== undefined && before > first;
    found.push(...page.filter((record) => record.number > first && isInView(record)));
  }
  for (let skip = 0, isMore = true; isMore && found.length < limit; ) {
    const count = Math.min(mostAtOnce, Math.max(limit, fewestAtOnce, skip));
    const page = tables.changes.latestInTime(first, count, skip);
    found.push(...page.filter(isInView));
    skip += page.length;
    isMore = page.length === count;
  }
  return found.slice(0, limit);
}

function viewOf(tables: ReplicaTables): (record: ChangeRecord) => boolean {
  const { branch } = tables.packages;
  if (branch === mainBranch) return ({ log }) => branchOfLog(log) === null;
  const scope = new BranchScope(tables, branch);
  return ({ id }) => scope.includes(id);
}

/** Numbers of the changes that named a location or deprecated it, and of those at the places it was moved from. */
function numbersAt(tables: ReplicaTables, location: Location): ReadonlySet<number> {
  const row = tables.packages.nameRow(location);
  // What followed a move was written elsewhere, after the move.
  const merged = row === null ? [] : mergedFrom(tables, row);
  const numbers = new Set(merged.flatMap(({ change }) => tables.changes.get(change)?.number ?? []));
  const visited = new Set<Location>();
  const waiting = [{ place: location, last: Number.MAX_SAFE_INTEGER }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { place, last } = next;
    if (visited.has(place)) continue;
    visited.add(place);
    for (const { number, assignment } of lineageOf(tables, { type: "name", key: place })) {
      if (number > last) continue;
      numbers.add(number);
      const { value } = assignment;
      if (value.type === "definition" && value.movedFrom !== null)
        waiting.push({ place: value.movedFrom, last: number });
    }
    for (const { number } of lineageOf(tables, { type: "deprecation", key: place }))
      if (number <= last) numbers.add(number);
  }
  return numbers;
}

function entryOf(
  { hash }: Pick<Replica, "hash">,
  tables: ReplicaTables,
  reader: ChangeReader,
  authors: Authors,
  record: ChangeRecord,
): HistoryEntry {
  const decoded = decodeChange(reader.bytesOf(record));
  return {
    id: record.id,
    author: authors.nameOf(record.device),
    timeMs: record.time.wallMs,
    isSkewed: record.isSkewed,
    log: record.log,
    ops: decoded.type === "change" ? withTargets(hash, decoded.change.ops) : [],
    state: stateOf(tables, record),
    setAside: record.setAside,
  };
}

/** The ops with the hash in place of "the text right before". */
export function withTargets(hash: Hash, ops: readonly Op[]): readonly Op[] {
  return ops.map((op, index) => {
    if (op.type !== "SetName" || op.target !== previousOp) return op;
    const before = ops[index - 1];
    if (before === undefined || !("head" in before)) return op;
    const { head, tail } = before;
    return { ...op, target: contentHash(hash, { kind: op.kind, head, tail }) };
  });
}

function stateOf(tables: ReplicaTables, { parked, place, log }: ChangeRecord): HistoryEntry["state"] {
  if (parked !== null) return "failed";
  const durable = place === null ? 0 : (tables.durable.durable(log).get(place.stream) ?? 0);
  return place !== null && place.seq <= durable ? "synced" : "pending";
}
