import { bytesOfHex, toHex } from "@darksync/core/bytes";
import type { Signer } from "@darksync/core/ports";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeManifest,
  encodeManifest,
  isManifestSigned,
  type Manifest,
  maxManifestBytes,
} from "../src/manifest.js";
import { maxSegmentBytes } from "../src/segment.js";
import { golden } from "./support/golden.js";
import { countingVerify, type TestKey, testKeyOf } from "./support/ports.js";
import { log, plainStream } from "./support/streams.js";

const { verify } = countingVerify();
const relay = testKeyOf(5);

function signerOf({ publicKey, sign }: TestKey): Signer {
  return { publicKey, sign: async (message) => sign(message) };
}

const manifest: Manifest = {
  space: "ab".repeat(16),
  log,
  segments: [
    { hash: "11".repeat(32), byteCount: 300, blockCount: 2, changeCount: 4096 },
    { hash: "22".repeat(32), byteCount: 70_000, blockCount: 70_000, changeCount: 70_001 },
  ],
  tips: [
    { stream: plainStream(1), seq: 3, tag: "33".repeat(8) },
    { stream: plainStream(2), seq: 70_000, tag: "44".repeat(8) },
  ],
};

describe("L6 manifests", () => {
  test("L6.4 a manifest comes back with the key of its relay, signed", async () => {
    const decoded = decodeManifest(await encodeManifest(signerOf(relay), manifest));
    expect(decoded).toMatchObject({ ...manifest, publicKey: relay.publicKey });
    expect(decoded === null ? false : await isManifestSigned(verify, decoded)).toBe(true);
  });

  test("L6.4 any manifest comes back as it was", async () => {
    const entry = fc.record({
      hash: hexOf(32),
      byteCount: fc.nat({ max: maxSegmentBytes }),
      blockCount: fc.nat(),
      changeCount: fc.nat(),
    });
    const tip = fc.record({
      stream: fc.nat({ max: 255 }).map(plainStream),
      seq: fc.integer({ min: 1 }),
      tag: hexOf(8),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry),
        fc.uniqueArray(tip, { selector: ({ stream }) => stream }),
        async (segments, tips) => {
          const bytes = await encodeManifest(signerOf(relay), { ...manifest, segments, tips });
          const sorted = [...tips].sort((left, right) => (left.stream < right.stream ? -1 : 1));
          expect(decodeManifest(bytes)).toMatchObject({ segments, tips: sorted });
        },
      ),
      { numRuns: 100 },
    );
  });

  test("L6.5 altered or cut bytes are no manifest, or not one that is signed", async () => {
    const bytes = await encodeManifest(signerOf(relay), manifest);
    for (let at = 0; at < bytes.length; at += 1) {
      for (const flip of [1, 0x80]) {
        const altered = bytes.map((byte, index) => (index === at ? byte ^ flip : byte));
        const decoded = decodeManifest(altered);
        expect(decoded === null ? false : await isManifestSigned(verify, decoded)).toBe(false);
      }
      const cut = decodeManifest(bytes.subarray(0, at));
      expect(cut === null ? false : await isManifestSigned(verify, cut)).toBe(false);
    }
  });

  test("L6.5 what is no manifest is none, and never throws", async () => {
    const sign = (differences: Partial<Manifest>) =>
      encodeManifest(signerOf(relay), { ...manifest, ...differences });
    const [segment] = manifest.segments;
    const [tip] = manifest.tips;
    if (segment === undefined || tip === undefined) throw new Error("a segment and a tip");
    for (const wrong of [
      await sign({ log: "main/a b" }),
      await sign({ space: "a".repeat(200) }),
      await sign({ tips: [tip, tip] }),
      await sign({ tips: [{ ...tip, seq: 0 }] }),
      await sign({ segments: [{ ...segment, byteCount: maxSegmentBytes + 1 }] }),
      new Uint8Array(maxManifestBytes + 1),
    ]) {
      expect(decodeManifest(wrong)).toBeNull();
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        decodeManifest(noise);
        decodeManifest(Uint8Array.of(1, 0, 4, 97, 117, 116, 104, ...noise));
      }),
      { numRuns: 2000 },
    );
  });

  test("L6.4 the golden manifest is read as it was, and made as it was", async () => {
    const file = await golden("manifest", async () => ({
      manifest,
      hex: toHex(await encodeManifest(signerOf(relay), manifest)),
    }));
    const decoded = decodeManifest(bytesOfHex(file.hex));
    expect(decoded).toMatchObject(file.manifest);
    expect(decoded === null ? false : await isManifestSigned(verify, decoded)).toBe(true);
    expect(toHex(await encodeManifest(signerOf(relay), file.manifest))).toBe(file.hex);
  });
});

function hexOf(length: number): fc.Arbitrary<string> {
  return fc.uint8Array({ minLength: length, maxLength: length }).map(toHex);
}
