import { parentPort } from "node:worker_threads";
import type { Result } from "@darksync/core/result";
import { type OpenedSegment, openSegment } from "@darksync/runtime/replica/open-segment";
import { openPorts } from "./crypto.js";

/** A segment to open in another thread. */
export interface OpenRequest {
  readonly id: number;
  readonly address: string;
  readonly bytes: Uint8Array;
}

/** What came of it. */
export interface OpenAnswer {
  readonly id: number;
  readonly result: Result<OpenedSegment>;
}

parentPort?.on("message", async ({ id, address, bytes }: OpenRequest) => {
  const result = await openSegment(openPorts, address, bytes);
  const moved = result.ok ? buffersOf(result.value) : [];
  parentPort?.postMessage({ id, result } satisfies OpenAnswer, moved);
});

/** What is handed over to the other thread, not copied. */
function buffersOf({ body, changes }: OpenedSegment): ArrayBuffer[] {
  const { at, byteCounts, wallMs, counters, kinds } = changes;
  return [body, at, byteCounts, wallMs, counters, kinds].map(({ buffer }) => buffer as ArrayBuffer);
}
