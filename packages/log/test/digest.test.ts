import { expect, test } from "vitest";
import { spaceDigest, vectorDigest } from "../src/digest.js";
import { sha256 } from "./support/ports.js";
import { plainStream } from "./support/streams.js";

const [alice, bob] = [plainStream(1), plainStream(2)];
const vector = new Map([
  [alice, 3],
  [bob, 1],
]);

test("L1.7 equal vectors have one digest, others have others", () => {
  const digest = vectorDigest(sha256, "auth", vector);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(vectorDigest(sha256, "auth", new Map([...vector].reverse()))).toBe(digest);
  expect(vectorDigest(sha256, "auth", new Map([...vector, [plainStream(3), 0]]))).toBe(digest);
  expect(vectorDigest(sha256, "main/Stripe", vector)).not.toBe(digest);
  expect(vectorDigest(sha256, "auth", new Map([...vector, [alice, 4]]))).not.toBe(digest);
});

test("L1.7 the digest of a space does not depend on the order of its logs", () => {
  const digests = new Map([
    ["auth", "aa"],
    ["main/Stripe", "bb"],
  ]);
  const digest = spaceDigest(sha256, digests);
  expect(spaceDigest(sha256, new Map([...digests].reverse()))).toBe(digest);
  expect(spaceDigest(sha256, new Map([...digests, ["auth", "ab"]]))).not.toBe(digest);
  expect(spaceDigest(sha256, new Map([["auth", "aa"]]))).not.toBe(digest);
});
