import { nodeCompression } from "@darksync/node/crypto";
import type { SealingPorts } from "@darksync/runtime/relay/sealer";
import type { Agenda } from "./agenda.ts";

/** Relays of a simulation seal early and at once, so that a short run has many segments. */
export function simulatedSealing(agenda: Agenda): SealingPorts {
  return {
    compress: (body) => ({
      compressed: Promise.resolve(nodeCompression.compress("brotli", body)),
      cancel: () => {},
    }),
    timers: { after: (delayMs, callback) => agenda.after(delayMs, callback) },
    limits: { changes: 12, bytes: 8 * 1024, quietMs: 0 },
  };
}
