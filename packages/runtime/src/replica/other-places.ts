import { blockHash, decodeBlock, readPayload } from "@darksync/core/block";
import { changeId } from "@darksync/core/change";
import type { ChangeId } from "@darksync/core/op-id";
import { deviceOf, type StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import type { ChangePlace } from "../store/change-store.js";
import type { ReplicaTables } from "../store/store.js";
import type { Replica } from "./replica.js";

const readAtOnceBytes = 1024 * 1024;

/**
 * Where changes of a stream lie beside it: a device that lost blocks may have signed them again in another epoch. Of
 * several places the one that counts for all (C2.7): in the latest epoch. Costs nothing where the device has had but
 * one epoch; else all blocks of its other ones are read.
 */
export function otherPlaces(
  { hash, compression }: Pick<Replica, "hash" | "compression">,
  { blocks }: Pick<ReplicaTables, "blocks">,
  log: LogName,
  stream: StreamName,
  ids: ReadonlySet<ChangeId>,
): ReadonlyMap<ChangeId, ChangePlace> {
  const found = new Map<ChangeId, ChangePlace>();
  const device = deviceOf(stream);
  const others = [...blocks.tips(log).keys()].filter((name) => name !== stream && deviceOf(name) === device);
  for (const other of ids.size === 0 ? [] : others.sort().reverse()) {
    for (let seq = 1; ; ) {
      const stored = blocks.read(log, other, seq, readAtOnceBytes);
      if (stored.length === 0) break;
      for (const block of stored) {
        const decoded =
          blockHash({ hash, compression }, block.bytes) === block.hash ? decodeBlock(block.bytes) : null;
        const changes = decoded === null ? null : readPayload(compression, decoded);
        for (const [index, bytes] of (changes ?? []).entries()) {
          const id = changeId(hash, device, log, bytes);
          if (ids.has(id) && !found.has(id)) found.set(id, { stream: other, seq: block.seq, index });
        }
      }
      seq += stored.length;
    }
  }
  return found;
}
