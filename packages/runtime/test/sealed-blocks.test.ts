import { encodeSegment } from "@darksync/log/segment";
import { blockPorts, nodeCompression } from "@darksync/node/crypto";
import { expect, test } from "vitest";
import { collectSegment } from "../src/relay/collect-segment.js";
import { SealedBlocks } from "../src/store/sealed-blocks.js";
import { log, sealingSpace } from "./support/log-writer.js";

test("R84 what many are sent is taken out of its segment and packed once", async () => {
  const { space, writer } = await sealingSpace(100);
  // Large enough to be compressed (C2.8).
  await writer.write(3, 2000);
  const limits = { changes: 100, bodyBytes: 1_000_000 };
  const pause = async () => {};
  const { runs } = await collectSegment(blockPorts, space.store, log, new Map(), limits, pause);
  const compress = async (body: Uint8Array) => nodeCompression.compress("brotli", body);
  const bytes = await encodeSegment(compress, { log, number: 0, runs });
  const segment = Buffer.from(blockPorts.hash(bytes)).toString("hex");
  let packed = 0;
  const compression: typeof nodeCompression = {
    ...nodeCompression,
    compress: (method, plain) => {
      packed += 1;
      return nodeCompression.compress(method, plain);
    },
  };
  const sealed = new SealedBlocks({ ...blockPorts, compression }, "send");
  const stored = space.store.read(({ blocks }) => blocks.read(log, writer.stream, 1, 1_000_000));
  for (let reader = 0; reader < 5; reader += 1) {
    let prev: string | null = null;
    for (const { seq, hash, bytes: original } of stored) {
      const place = { segment, stream: writer.stream, seq, prev };
      expect(sealed.bytesOf(place, () => bytes)).toEqual(original);
      prev = hash;
    }
  }
  expect(packed).toBe(stored.length);
});
