import { changeId } from "@darksync/core/change";
import type { ChangeId } from "@darksync/core/op-id";
import type { Compression, Hash } from "@darksync/core/ports";
import { deviceOf } from "@darksync/core/stream";
import { ChangeReader, soundBytes } from "../replica/change-bytes.js";
import { eachInPages, eachPlacedAfter } from "../replica/in-pages.js";
import type { ChangeRecord, WaitingChange } from "../store/change-store.js";
import { EvictedError } from "../store/evicted-error.js";
import { type ReplicaTables, StoreError } from "../store/store.js";
import type { OutboxChange } from "./outbox-content.js";

/** What it takes to read the changes of blocks, and whose are one's own. */
export interface OwnPorts {
  readonly hash: Hash;
  readonly compression: Compression;
  /** Public key, hex. */
  readonly device: string;
}

/**
 * Own changes that no relay has acknowledged, one by one: they wait unsigned, or lie in blocks beyond the durable
 * vector. Throws a `StoreError` at one that is not what its id says.
 */
export function* ownPending(
  { hash, compression, device }: OwnPorts,
  tables: ReplicaTables,
): Generator<OutboxChange> {
  for (const change of eachWaiting(tables)) {
    const id = idOf({ hash, device }, tables, change);
    if (id === null) throw damaged(change.number);
    yield { id, ...change };
  }
  const reader = new ChangeReader(tables, compression);
  for (const log of tables.blocks.logs()) {
    const durable = tables.durable.durable(log);
    for (const [stream, tip] of tables.blocks.tips(log)) {
      const durableSeq = durable.get(stream) ?? 0;
      if (deviceOf(stream) !== device || tip.seq <= durableSeq) continue;
      for (const record of eachPlacedAfter(tables, stream, log, durableSeq)) {
        const bytes = bytesHere(reader, record);
        if (bytes !== null)
          yield { id: record.id, number: record.number, log, bytes: soundBytes(hash, record, bytes) };
      }
    }
  }
}

/** Null if they were evicted, since a relay had them that has lost them: others may bring them, this device cannot. */
function bytesHere(reader: ChangeReader, record: ChangeRecord): Uint8Array | null {
  try {
    return reader.bytesOf(record);
  } catch (error) {
    if (error instanceof EvictedError) return null;
    throw error;
  }
}

function eachWaiting({ changes }: Pick<ReplicaTables, "changes">): Generator<WaitingChange> {
  return eachInPages((after, limit) => changes.waiting(after, limit));
}

/** The id of an own change; null if the store has none of that id: then the bytes are not what was written. */
export function idOf(
  { hash, device }: Pick<OwnPorts, "hash" | "device">,
  { changes }: Pick<ReplicaTables, "changes">,
  { log, bytes }: Pick<OutboxChange, "log" | "bytes">,
): ChangeId | null {
  const id = changeId(hash, device, log, bytes);
  return changes.has(id) ? id : null;
}

function damaged(number: number): StoreError {
  return new StoreError(
    "database-corrupt",
    `the database is damaged: change ${number} is not what its id says`,
    "move it aside, then rebuild it from the outbox and the relay or a peer",
  );
}
