import { nodeCompression } from "@darksync/node/crypto";
import type { SealingPorts } from "../../src/relay/sealer.js";
import { noTimers } from "./wire.js";

/** A relay that seals so many changes at once, and quickly. */
export function testSealing(changes: number): SealingPorts {
  return {
    compress: (body) => ({
      compressed: Promise.resolve(nodeCompression.compress("brotli", body)),
      cancel: () => {},
    }),
    timers: noTimers,
    limits: { changes, bytes: 1_000_000, quietMs: 0 },
  };
}
