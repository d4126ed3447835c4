import type { RelayPorts } from "@darksync/runtime/relay/relay-space";
import type { ReplicaPorts } from "@darksync/runtime/replica/replica";
import { nodeCompression, sha256, systemRandom, verifyEd25519 } from "./crypto.js";

/** What a relay of this process checks blocks with. */
export const relayPorts: RelayPorts = {
  hash: sha256,
  verify: verifyEd25519,
  compression: nodeCompression,
};

/** What a replica of this process runs on, but its store, key and language. */
export const replicaPorts: Omit<ReplicaPorts, "store" | "signer" | "language"> = {
  ...relayPorts,
  clock: Date.now,
  random: systemRandom,
};
