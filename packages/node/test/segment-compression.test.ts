import { expect, test } from "vitest";
import { nodeCompression } from "../src/crypto.js";
import { compressSegment } from "../src/segment-compression.js";

/** Bytes that compress somewhat, longer than what is compressed in one go. */
const body = new TextEncoder().encode(
  Array.from({ length: 60_000 }, (_, index) => `let ${(index * 7919) % 10_007}`).join("\n"),
);

test("R70 what is compressed in steps expands to what it was, and is smaller", async () => {
  const compressed = await compressSegment(body).compressed;
  expect(compressed.length).toBeLessThan(body.length / 2);
  expect(nodeCompression.expand("brotli", compressed, body.length)).toEqual(body);
});

test("R73 one that is cancelled rejects, be it under way or waiting, and the next one goes on", async () => {
  const began = compressSegment(body);
  const waiting = compressSegment(body);
  const last = compressSegment(body.subarray(0, 1000));
  waiting.cancel();
  began.cancel();
  await expect(began.compressed).rejects.toThrow("cancelled");
  await expect(waiting.compressed).rejects.toThrow("cancelled");
  expect(nodeCompression.expand("brotli", await last.compressed, 1000)).toEqual(body.subarray(0, 1000));
});

test("R70 nothing at all can be compressed too", async () => {
  const compressed = await compressSegment(new Uint8Array(0)).compressed;
  expect(nodeCompression.expand("brotli", compressed, 10)).toEqual(new Uint8Array(0));
});
