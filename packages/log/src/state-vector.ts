import { decode, encode, readVarUint, writeVarUint } from "@darksync/core/codec";
import type { Hash } from "@darksync/core/ports";
import type { StreamName } from "@darksync/core/stream";
import type { Vector } from "@darksync/core/vector";
import { clientIdOf, clientsOf } from "./client-id.js";
import { clockOf, type Head, sealedCount } from "./head.js";

/** The Yjs state vector of a head that holds this vector, byte for byte as a document would send it (L1). */
export function encodeStateVector(hash: Hash, head: Head, vector: Vector): Uint8Array {
  const live = [...vector].filter(([stream, seq]) => clockOf(head, stream, seq) >= 0);
  const clients = clientsOf(
    hash,
    head.number,
    live.map(([stream]) => stream),
  );
  const entries = [...clients].sort(([left], [right]) => right - left);
  return encode((writer) => {
    writeVarUint(writer, entries.length);
    for (const [client, stream] of entries) {
      writeVarUint(writer, client);
      writeVarUint(writer, (vector.get(stream) ?? 0) - sealedCount(head, stream));
    }
  });
}

/** Client id → number of blocks held in the head, or null if the bytes are no state vector. Total. */
export function decodeStateVector(bytes: Uint8Array): ReadonlyMap<number, number> | null {
  return decode(bytes, (reader) => {
    const clocks = new Map<number, number>();
    // No cap on the count is needed: it promises two bytes an entry, and reading ends with the bytes.
    for (let count = readVarUint(reader); count > 0; count -= 1) {
      const client = readVarUint(reader);
      clocks.set(client, readVarUint(reader));
    }
    return clocks;
  });
}

/**
 * What the sender of a state vector holds of these streams. Clients of other streams are left out: this side has
 * nothing of them to send. Whoever is in the room of a head counts as holding what was sealed before it.
 */
export function vectorOfClocks(
  hash: Hash,
  head: Head,
  streams: Iterable<StreamName>,
  clocks: ReadonlyMap<number, number>,
): Vector {
  const vector = new Map<StreamName, number>();
  for (const stream of streams) {
    const clock = clocks.get(clientIdOf(hash, stream, head.number)) ?? 0;
    const seq = Math.min(sealedCount(head, stream) + clock, Number.MAX_SAFE_INTEGER);
    if (seq > 0) vector.set(stream, seq);
  }
  return vector;
}
