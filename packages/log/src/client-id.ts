import { encode, writeText, writeVarUint } from "@darksync/core/codec";
import type { Hash } from "@darksync/core/ports";
import type { StreamName } from "@darksync/core/stream";

/**
 * The Yjs client id of a stream in head number `headNumber`: the first 53 bits of a hash of both, the most that a
 * JavaScript number holds exactly (L1). It depends on nothing else, so a restart never adds a client to a document.
 */
export function clientIdOf(hash: Hash, stream: StreamName, headNumber: number): number {
  const digest = hash(
    encode((writer) => {
      writeText(writer, "darksync client id 1");
      writeText(writer, stream);
      writeVarUint(writer, headNumber);
    }),
  );
  let bits48 = 0;
  for (const byte of digest.subarray(0, 6)) bits48 = bits48 * 256 + byte;
  return bits48 * 32 + ((digest[6] ?? 0) >> 3);
}

/**
 * Client id → stream, for the streams of one head. Of two streams with one client id (which somebody would have to
 * search for, some 2^53 hashes) the lower name stays and the other is left out: its device opens another epoch.
 */
export function clientsOf(
  hash: Hash,
  headNumber: number,
  streams: Iterable<StreamName>,
): ReadonlyMap<number, StreamName> {
  const clients = new Map<number, StreamName>();
  for (const stream of streams) {
    const client = clientIdOf(hash, stream, headNumber);
    const other = clients.get(client);
    if (other === undefined || stream < other) clients.set(client, stream);
  }
  return clients;
}
