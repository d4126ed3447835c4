import { ownerOf, splitLocation } from "@darksync/core/location";
import { dropChanges, droppableChanges } from "@darksync/runtime/replica/drop";
import { lastOf } from "@darksync/runtime/replica/push-queue";
import { findQueueItem, moveItem, queuePull } from "@darksync/runtime/replica/queue-order";
import { readFacts } from "@darksync/runtime/replica/replica";
import type { ChangeRecord } from "@darksync/runtime/store/change-store";
import type { QueueItem } from "@darksync/runtime/store/queue-store";
import type { ReplicaTables } from "@darksync/runtime/store/store";
import type { Command } from "commander";
import { type Answer, inWholeSpace } from "../command.js";
import { mayUseReserve } from "../disk.js";
import { ProblemError, unwrap, wrongUsage } from "../problem-error.js";
import { counted, describeItem, isoTime, queueItemJson, readQueue } from "../queue-text.js";
import type { Space } from "../space.js";
import { withSyncLock } from "../sync-run.js";
import { countOf, discardedText, shortId } from "../wording.js";
import { writeChangeBundle } from "../write-bundle.js";

const shownChanges = 50;

export function addQueue(program: Command): void {
  const queue = program
    .command("queue")
    .description("what still has to reach the relay")
    .addHelpText(
      "after",
      `
Examples:
  darklang queue
  darklang queue show 3f2a
  darklang queue move 3f2a --before 9c1d
  darklang queue drop 3f2a`,
    )
    .action(inWholeSpace("reads", (space) => list(space)));
  queue
    .command("show <ID>")
    .description("one item, with its changes")
    .action(inWholeSpace("reads", (space, _command, id: string) => show(space, id)));
  queue
    .command("move <ID>")
    .description("let an item go earlier or later; what depends on it goes along")
    .requiredOption("--before <id>", "the item that it shall stand before")
    .action(
      inWholeSpace("reads", (space, _command, id: string, { before }: { readonly before: string }) =>
        move(space, id, before),
      ),
    );
  queue
    .command("drop <ID>")
    .description("discard an item's unsigned changes; a file that brings them back is written first")
    .action(
      inWholeSpace("reads", (space, _command, id: string) => mayUseReserve(space, () => drop(space, id))),
    );
  queue
    .command("pull <WHAT>")
    .description("fetch a location when online")
    .action(inWholeSpace("writes", (space, _command, what: string) => pull(space, what)));
}

function list(space: Space): Answer {
  const items = readQueue(space);
  return {
    json: { queue: items.map(queueItemJson) },
    text: items.length === 0 ? "The queue is empty." : items.map(describeItem).join("\n"),
  };
}

function show(space: Space, idPrefix: string): Answer {
  const { item, changes } = space.replica.store.read((tables) => {
    const found = unwrap(findQueueItem(tables, idPrefix));
    return {
      item: counted(space.replica, tables, found),
      changes: changesOf(space.replica.device, tables, found),
    };
  });
  const shown = changes.slice(0, shownChanges).map(({ id, state, error }) => {
    return `  ${shortId(id)}  ${state}${error === null ? "" : `: ${error}`}`;
  });
  if (changes.length > shownChanges) shown.push(`  and ${changes.length - shownChanges} more`);
  return {
    json: { ...queueItemJson(item), changes },
    text: [describeItem(item), `  since ${isoTime(item.createdAtMs)}`, ...shown].join("\n"),
  };
}

interface QueuedChange {
  readonly id: string;
  readonly time: string | null;
  /** `signed`: it is in a block, which stays as it is. */
  readonly state: "waiting" | "signed" | "synced" | "failed";
  readonly error: string | null;
  readonly hint: string | null;
}

function changesOf(device: string, tables: ReplicaTables, { task }: QueueItem): readonly QueuedChange[] {
  if (task.type !== "push_ops") return [];
  const changes: QueuedChange[] = [];
  const durable = tables.durable.durable(task.log);
  const newest = tables.changes.latest(1)[0]?.number ?? 0;
  const last = Math.min(lastOf(task), newest);
  for (let number = task.first; number <= last; number += 1) {
    const record = tables.changes.byNumber(number);
    if (record === null || record.log !== task.log || record.device !== device) continue;
    const { id, time, parked } = record;
    const state = stateOf(record, record.place === null ? 0 : (durable.get(record.place.stream) ?? 0));
    const error = parked?.message ?? null;
    changes.push({ id, time: isoTime(time.wallMs), state, error, hint: parked?.hint ?? null });
  }
  return changes;
}

function stateOf({ parked, place }: ChangeRecord, durableSeq: number): QueuedChange["state"] {
  if (parked !== null) return "failed";
  if (place === null) return "waiting";
  return place.seq <= durableSeq ? "synced" : "signed";
}

async function move({ replica }: Space, id: string, before: string): Promise<Answer> {
  const moved = unwrap(await moveItem(replica, id, before));
  const others = moved.length - 1;
  return {
    json: { moved },
    text:
      moved.length === 0
        ? "It stands there already."
        : `Moved${others > 0 ? `, with ${countOf(others, "item")} that go together with it` : ""}.`,
  };
}

function drop(space: Space, idPrefix: string): Promise<Answer> {
  return withSyncLock(space, async () => {
    const { replica } = space;
    const { item, records } = replica.store.read((tables) => {
      const found = unwrap(findQueueItem(tables, idPrefix));
      return { item: found, records: unwrap(droppableChanges(replica, tables, found)) };
    });
    if (item.task.type !== "push_ops") {
      await replica.store.write(({ queue }) => queue.remove(item.id));
      return { json: { dropped: 0, bundle: null }, text: "It will not be fetched." };
    }
    const bundle = writeChangeBundle(space, records);
    const dropped = await dropChanges(replica, new Set(records.map(({ id }) => id)));
    return {
      json: { dropped, bundle },
      text: discardedText(dropped, bundle),
    };
  });
}

async function pull({ replica }: Space, what: string): Promise<Answer> {
  if (splitLocation(what) === null) {
    wrongUsage(
      `${what} is no location: requests are not in this version yet`,
      "Give a location, like Acme.Money.add. Branches come with every sync.",
    );
  }
  const { only } = replica.store.read(readFacts);
  const owner = ownerOf(what);
  if (only.length > 0 && !only.includes(owner)) {
    throw new ProblemError({
      code: "not-kept",
      message: `this copy keeps only the packages of ${only.join(", ")}`,
      hint: `Join once more, into another folder, with --only ${owner} or without --only.`,
    });
  }
  const id = await queuePull(replica, what);
  return { json: { id }, text: `${what} is fetched with the next sync.` };
}
