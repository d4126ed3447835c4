import { blockHash } from "@darksync/core/block";
import { toHex } from "@darksync/core/bytes";
import { deviceOf, type StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import type { ReplicaTables } from "../store/store.js";
import { giveUpBlocks } from "./epoch.js";
import { queueUncovered } from "./push-queue.js";
import { refold } from "./refold.js";
import { type Replica, refoldWaitsKey } from "./replica.js";

const readAtOnceBytes = 4 * 1024 * 1024;

/**
 * Before everything is downloaded again (S7): drops the blocks whose bytes are no longer what their hashes say, so
 * that they come anew; and what follows them in their streams. Own blocks that the relay does not have stay, or their
 * changes do. Returns how many went.
 */
export function dropDamagedBlocks(replica: Replica): Promise<number> {
  return replica.store.write((tables) => {
    const emptied = emptyDamagedSegments(replica, tables);
    // What follows folds anew, which takes all of the history. The next time it is there.
    if (lacksHistory(tables)) return emptied;
    let dropped = 0;
    for (const log of tables.blocks.logs()) {
      for (const [stream, tip] of tables.blocks.tips(log)) {
        const durable = tables.durable.durable(log).get(stream) ?? 0;
        const damaged = firstDamaged(replica, tables, log, stream);
        // An own block that the relay has not is the only one, damaged or not: a repair finds its changes in the outbox.
        if (damaged === null || (deviceOf(stream) === replica.device && damaged > durable)) continue;
        dropped += tip.seq - damaged + 1;
        if (deviceOf(stream) === replica.device) giveUpOwn(replica, tables, log, stream, damaged);
        else giveUpBlocks(replica, tables, log, stream, damaged - 1);
      }
    }
    if (dropped > 0) refold(replica, tables);
    return dropped;
  });
}

/** Evicts the segments whose bytes are not what their hashes say. Returns how many blocks lie in them. */
function emptyDamagedSegments({ hash }: Replica, { blocks, segments }: ReplicaTables): number {
  let count = 0;
  for (const log of blocks.logs()) {
    for (const segment of segments.list(log)) {
      const bytes = segments.bytes(log, segment.number);
      const isWhole = bytes !== null && bytes.length === segment.byteCount;
      if (!isWhole || toHex(hash(bytes)) === segment.hash) continue;
      segments.put(log, segment, new Uint8Array(0));
      for (const [stream, { seq: last }] of blocks.tips(log)) {
        for (let seq = 1; seq <= last; seq += 1)
          if (blocks.segmentOf(log, stream, seq) === segment.number) count += 1;
      }
    }
  }
  return count;
}

function lacksHistory({ blocks, segments }: ReplicaTables): boolean {
  return blocks
    .logs()
    .some((log) => segments.list(log).some((segment) => segment.heldBytes < segment.byteCount));
}

function firstDamaged(
  replica: Replica,
  { blocks }: ReplicaTables,
  log: LogName,
  stream: StreamName,
): number | null {
  for (let seq = 1; ; ) {
    // Its segment was looked at.
    if (blocks.segmentOf(log, stream, seq) !== null) {
      seq += 1;
      continue;
    }
    const read = blocks.read(log, stream, seq, readAtOnceBytes);
    if (read.length === 0) return null;
    for (const block of read) if (blockHash(replica, block.bytes) !== block.hash) return block.seq;
    seq += read.length;
  }
}

/**
 * Own changes behind a damaged block wait unsigned again, ids unchanged: the relay may have been restored from a backup
 * and lack them. Those of the damaged blocks themselves come from it.
 */
function giveUpOwn(
  replica: Replica,
  tables: ReplicaTables,
  log: LogName,
  stream: StreamName,
  damaged: number,
): void {
  for (const record of tables.changes.placedAfter(stream, log, damaged - 1)) {
    const { seq } = record.place ?? { seq: damaged };
    const [stored] = tables.blocks.read(log, stream, seq, 1);
    const isGood = stored !== undefined && blockHash(replica, stored.bytes) === stored.hash;
    if (!isGood) tables.changes.remove(record.id);
  }
  giveUpBlocks(replica, tables, log, stream, damaged - 1);
}

/**
 * After everything was downloaded again: the state is made anew from it. Where the relay has lost what was evicted here,
 * that waits for who gives it to the relay (R65).
 */
export function refoldAll(replica: Replica): Promise<void> {
  return replica.store.write((tables) => {
    const isWaiting = lacksHistory(tables);
    if (!isWaiting) refold(replica, tables);
    tables.meta.set(refoldWaitsKey, isWaiting ? "yes" : null);
    for (const log of tables.blocks.logs()) queueUncovered(replica, tables, log);
  });
}
