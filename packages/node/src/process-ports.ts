import type { CheckPorts } from "@darksync/runtime/relay/check-update";
import type { RelayPorts } from "@darksync/runtime/relay/relay-space";
import type { ReplicaPorts } from "@darksync/runtime/replica/replica";
import { nodeCompression, sha256, systemRandom, verifyEd25519 } from "./crypto.js";
import { compressSegment } from "./segment-compression.js";
import { processTimers } from "./timers.js";

const checkPorts: CheckPorts = {
  hash: sha256,
  verify: verifyEd25519,
  compression: nodeCompression,
};

/** Readers hear so much later that what they have is durable; it keeps the number of messages down. */
const tellPauseMs = 100;

/** What a relay of this process runs on beside its stores. */
export const relayPorts: RelayPorts = {
  ...checkPorts,
  afterTurn: setImmediate,
  afterPause: (callback) => processTimers.after(tellPauseMs, callback),
  sealing: {
    compress: compressSegment,
    timers: processTimers,
    limits: { changes: 4096, bytes: 1024 * 1024, quietMs: 2000 },
  },
};

/** What a replica of this process runs on, but its store, key and language. */
export const replicaPorts: Omit<ReplicaPorts, "store" | "signer" | "language"> = {
  ...checkPorts,
  clock: Date.now,
  random: systemRandom,
};
