import { changeId } from "@darksync/core/change";
import type { ChangeId } from "@darksync/core/op-id";
import type { Hash } from "@darksync/core/ports";
import type { LogName } from "@darksync/core/vector";
import type { MetaStore } from "../store/block-store.js";
import type { OutboxJournal } from "../store/outbox-journal.js";
import type { ReplicaTables } from "../store/store.js";
import { type Home, readRecords, recordHash } from "./outbox-record.js";

/** An own change as the outbox has it. */
export interface OutboxChange {
  readonly id: ChangeId;
  /** The number it had in the store. */
  readonly number: number;
  readonly log: LogName;
  readonly bytes: Uint8Array;
}

/** What can be read of an outbox. */
export interface OutboxContent {
  /** Null if none can be read. */
  readonly home: Home | null;
  /** Own changes that were not discarded, in the order in which they were made; some may be acknowledged. */
  readonly changes: readonly OutboxChange[];
  readonly damagedBytes: number;
}

const recordsPerStep = 1000;

/** Reads an outbox as far as it can be read: a damaged record costs only itself. */
export function readOutbox(
  hash: Hash,
  journal: Pick<OutboxJournal, "read">,
  device: string,
  isWanted: (id: ChangeId) => boolean = () => true,
): OutboxContent {
  const steps = readOutboxInSteps(hash, journal, device, isWanted);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * The same, a little at a time: a large outbox takes seconds. `isWanted`: which changes are kept of one that may be
 * larger than the memory.
 */
export function* readOutboxInSteps(
  hash: Hash,
  journal: Pick<OutboxJournal, "read">,
  device: string,
  isWanted: (id: ChangeId) => boolean,
): Generator<undefined, OutboxContent> {
  const changes = new Map<ChangeId, OutboxChange>();
  let home: Home | null = null;
  let damagedBytes = 0;
  let count = 0;
  for (const record of readRecords(recordHash(hash, device), journal.read())) {
    switch (record.type) {
      case "home":
        home = record.home;
        break;
      case "change": {
        const { number, log, bytes } = record;
        const id = changeId(hash, device, log, bytes);
        // A copy: the record lies in a large part of the file.
        if (isWanted(id)) changes.set(id, { id, number, log, bytes: bytes.slice() });
        break;
      }
      case "dropped":
        changes.delete(record.id);
        break;
      case "mark":
        break;
      case "damaged":
        damagedBytes += record.byteCount;
        break;
    }
    count += 1;
    if (count % recordsPerStep === 0) yield;
  }
  const inOrder = [...changes.values()].sort((left, right) => left.number - right.number);
  return { home, changes: inOrder, damagedBytes };
}

/** The changes of an outbox that its store does not have, though nobody discarded them: the store lost them. */
export function lostChanges(
  { changes, meta }: Pick<ReplicaTables, "changes" | "meta">,
  content: Pick<OutboxContent, "changes">,
): readonly OutboxChange[] {
  const dropped = new Set(readDropped(meta));
  return content.changes.filter(({ id }) => !changes.has(id) && !dropped.has(id));
}

const droppedKey = "outboxDropped";

function readDropped(meta: Pick<MetaStore, "get">): readonly ChangeId[] {
  return JSON.parse(meta.get(droppedKey) ?? "[]") as ChangeId[];
}

/** Notes in the store itself what it discards: a process may die before it can say so in the outbox. */
export function noteDropped(meta: MetaStore, ids: readonly ChangeId[]): void {
  meta.set(droppedKey, JSON.stringify([...readDropped(meta), ...ids]));
}

/** The outbox was written anew without them. */
export function forgetDropped(meta: MetaStore): void {
  if (meta.get(droppedKey) !== null) meta.set(droppedKey, null);
}
