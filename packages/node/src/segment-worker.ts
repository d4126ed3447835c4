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
  const moved = result.ok ? [result.value.body.buffer as ArrayBuffer] : [];
  parentPort?.postMessage({ id, result } satisfies OpenAnswer, moved);
});
