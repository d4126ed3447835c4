import { nodeCompression } from "@darksync/node/crypto";
import type { SealingPorts } from "@darksync/runtime/relay/sealer";

/** Relays of a simulation seal early and at once, so that a short run has many segments. */
export function simulatedSealing(timers: SealingPorts["timers"], changes: number): SealingPorts {
  return {
    compress: (body) => ({
      compressed: Promise.resolve(nodeCompression.compress("brotli", body)),
      cancel: () => {},
    }),
    timers,
    limits: { changes, bytes: 8 * 1024, quietMs: 0 },
  };
}
