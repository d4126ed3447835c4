import type { CheckPorts } from "@darksync/runtime/relay/check-update";
import type { RelayPorts } from "@darksync/runtime/relay/relay-space";
import type { ReplicaPorts } from "@darksync/runtime/replica/replica";
import { nodeCompression, sha256, systemRandom, verifyEd25519 } from "./crypto.js";

const checkPorts: CheckPorts = {
  hash: sha256,
  verify: verifyEd25519,
  compression: nodeCompression,
};

/** What a relay of this process runs on beside its stores. */
export const relayPorts: RelayPorts = { ...checkPorts, afterTurn: setImmediate };

/** What a replica of this process runs on, but its store, key and language. */
export const replicaPorts: Omit<ReplicaPorts, "store" | "signer" | "language"> = {
  ...checkPorts,
  clock: Date.now,
  random: systemRandom,
};
