import type { ContentHash } from "@darksync/core/content-hash";
import type { Location } from "@darksync/core/location";
import type { ChangeId } from "@darksync/core/op-id";
import { failure, type Result, success } from "@darksync/core/result";
import { addVersions } from "../cache/essential-texts.js";
import type { QueueItem } from "../store/queue-store.js";
import type { ReplicaTables } from "../store/store.js";
import { ChangeReader } from "./change-bytes.js";
import { dependenciesOf } from "./dependents.js";
import { lastOf, newQueueItem } from "./push-queue.js";
import type { Replica } from "./replica.js";

/** The item whose id begins like this. */
export function findQueueItem(tables: ReplicaTables, idPrefix: string): Result<QueueItem> {
  const items = tables.queue.withPrefix(idPrefix);
  const [only] = items;
  if (only === undefined) {
    return failure(
      "unknown-item",
      `there is no queue item ${idPrefix}`,
      "`darklang queue` lists them; it may be done already.",
    );
  }
  if (items.length > 1) return failure("ambiguous-id", `${idPrefix} begins several ids`, "Give more digits.");
  return success(only);
}

/**
 * Moves an item before another one. Earlier: what it depends on and stands between goes with it; later: what depends
 * on it does. Signed blocks stay as they are. Returns the ids of the items that moved, in their new order.
 */
export function moveItem(
  replica: Replica,
  idPrefix: string,
  beforePrefix: string,
): Promise<Result<readonly string[]>> {
  return replica.store.write((tables) => {
    const item = findQueueItem(tables, idPrefix);
    if (!item.ok) return item;
    const before = findQueueItem(tables, beforePrefix);
    if (!before.ok) return before;
    const items = tables.queue.list();
    const from = items.findIndex(({ id }) => id === item.value.id);
    const to = items.findIndex(({ id }) => id === before.value.id);
    if (from === to) return success([]);
    const changes = new ItemChanges(replica, tables);
    if (changes.isSigned(item.value)) {
      return failure(
        "signed-already",
        "its changes are signed, and signed blocks stay in their order",
        "They go with the next sync.",
      );
    }
    const moved =
      from > to
        ? changes.neededBy(item.value, items.slice(to, from))
        : changes.needing(item.value, items.slice(from + 1, to));
    for (const { id } of moved) tables.queue.moveBefore(id, before.value.id);
    return success(moved.map(({ id }) => id));
  });
}

/** Adds an item to fetch a location; it is done when the location is here after a sync. */
export async function queuePull(replica: Replica, what: string): Promise<string> {
  const item = newQueueItem(replica, { type: "pull", what });
  await replica.store.write(({ queue }) => queue.put(item));
  return item.id;
}

/** After a sync: what was to be fetched is here, or the relay does not have it, or it was evicted and did not come. */
export function settlePulls(tables: ReplicaTables): void {
  const { queue, packages } = tables;
  for (const item of queue.list()) {
    if (item.task.type !== "pull") continue;
    const { what } = item.task;
    if (packages.nameRow(what)?.shown?.value.type === "definition") {
      if (areVersionsHere(tables, what)) queue.remove(item.id);
    } else {
      const error = `the relay has no ${what}`;
      queue.put({ ...item, status: "failed", error, errorClass: "permanent", nextTryAtMs: null });
    }
  }
}

function areVersionsHere(tables: ReplicaTables, location: Location): boolean {
  const versions = new Set<ContentHash>();
  addVersions(tables, location, versions);
  return ![...versions].some((hash) => tables.texts.isEvicted(hash));
}

/** Lets the fetches that failed wait for the next sync again. */
export function retryPulls(replica: Replica): Promise<void> {
  return replica.store.write(({ queue }) => {
    for (const item of queue.list()) {
      if (item.task.type === "pull" && item.status === "failed") {
        queue.put({ ...item, status: "pending", error: null, errorClass: null });
      }
    }
  });
}

/** What queue items hold and how they depend on each other. */
class ItemChanges {
  readonly #tables: ReplicaTables;
  readonly #reader: ChangeReader;

  constructor(replica: Replica, tables: ReplicaTables) {
    this.#tables = tables;
    this.#reader = new ChangeReader(tables, replica.compression);
  }

  isSigned({ task }: QueueItem): boolean {
    if (task.type !== "push_ops") return false;
    return this.#tables.changes.unsigned(task.log, task.first, lastOf(task), 1).length === 0;
  }

  /** The item and those of `between` that it depends on, directly or not, in order. */
  neededBy(item: QueueItem, between: readonly QueueItem[]): readonly QueueItem[] {
    const moved: QueueItem[] = [item];
    for (const candidate of between.toReversed()) {
      if (moved.some((other) => this.#dependsOn(other, candidate))) moved.unshift(candidate);
    }
    return moved;
  }

  /** The item and those of `between` that depend on it, directly or not, in order. */
  needing(item: QueueItem, between: readonly QueueItem[]): readonly QueueItem[] {
    const moved: QueueItem[] = [item];
    for (const candidate of between) {
      if (moved.some((other) => this.#dependsOn(candidate, other))) moved.push(candidate);
    }
    return moved;
  }

  #dependsOn(item: QueueItem, other: QueueItem): boolean {
    const others = this.#unsignedOf(other);
    return [...this.#unsignedOf(item).values()].some((needs) => [...needs].some((id) => others.has(id)));
  }

  #unsignedOf({ task }: QueueItem): ReadonlyMap<ChangeId, ReadonlySet<ChangeId>> {
    if (task.type !== "push_ops") return new Map();
    const records = this.#tables.changes.unsigned(
      task.log,
      task.first,
      lastOf(task),
      Number.MAX_SAFE_INTEGER,
    );
    return new Map(records.map((record) => [record.id, dependenciesOf(this.#reader, record)]));
  }
}
