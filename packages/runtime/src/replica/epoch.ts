import { deviceOf, epochAfter, epochBytes, type StreamName, streamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import type { ReplicaTables } from "../store/store.js";
import { ChangeReader, soundBytes } from "./change-bytes.js";
import { otherPlaces } from "./other-places.js";
import { queueUncovered, settlePushItems } from "./push-queue.js";
import type { Replica } from "./replica.js";

/** The stream that this device appends to in a log, or null if it has to begin one. */
export function currentStream({ meta }: ReplicaTables, log: LogName): StreamName | null {
  return meta.get(`stream ${log}`);
}

/** The stream that the next one of this device has to close in its first block, or null. */
export function streamToClose({ meta }: ReplicaTables, log: LogName): StreamName | null {
  return meta.get(`closing ${log}`);
}

/** The name of a new stream of this device, after all that it is known to have had in the log. */
export function nextStream(
  { device, random, signer }: Pick<Replica, "device" | "random" | "signer">,
  tables: ReplicaTables,
  log: LogName,
): StreamName {
  const held = [...tables.blocks.tips(log).keys()].filter((stream) => deviceOf(stream) === device);
  const last = streamToClose(tables, log);
  const epoch = epochAfter(last === null ? held : [...held, last], random(epochBytes));
  return streamName({ device: signer.publicKey, epoch });
}

/** Makes a stream the one that this device appends to. */
export function beginStream({ meta }: ReplicaTables, log: LogName, stream: StreamName): void {
  meta.set(`stream ${log}`, stream);
  meta.set(`closing ${log}`, null);
}

/**
 * Drops the blocks of a stream after `seq`. Own changes in them wait unsigned again, ids unchanged, for a new epoch
 * that says where this one ended (C3); changes of others go, unless another block that is held has them too, and the
 * caller folds anew.
 */
export function giveUpBlocks(
  replica: Pick<Replica, "device" | "hash" | "compression" | "random" | "clock">,
  tables: ReplicaTables,
  log: LogName,
  stream: StreamName,
  seq: number,
): void {
  const records = tables.changes.placedAfter(stream, log, seq);
  const isOwn = deviceOf(stream) === replica.device;
  const reader = new ChangeReader(tables, replica.compression);
  const ofOthers = new Set(isOwn ? [] : records.map(({ id }) => id));
  const elsewhere = otherPlaces(replica, tables, log, stream, ofOthers);
  for (const record of records) {
    const other = elsewhere.get(record.id);
    if (other !== undefined) tables.changes.place(record.id, other);
    else if (isOwn)
      tables.changes.unplace(record.id, soundBytes(replica.hash, record, reader.bytesOf(record)));
    else tables.changes.remove(record.id);
  }
  tables.blocks.truncate(log, stream, seq);
  tables.seen.truncate({ log, stream }, seq);
  const durable = tables.durable.durable(log);
  if ((durable.get(stream) ?? 0) > seq) tables.durable.setDurable(log, new Map(durable).set(stream, seq));
  if (!isOwn) return;
  if (currentStream(tables, log) === stream) {
    tables.meta.set(`stream ${log}`, null);
    tables.meta.set(`closing ${log}`, stream);
  }
  if (records.length === 0) return;
  queueUncovered(replica, tables, log);
  settlePushItems(tables, log);
}
