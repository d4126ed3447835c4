import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { encodeChange } from "@darksync/core/change";
import { sha256 } from "@darksync/node/crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type ChangeBundle, decodeChangeBundle, encodeChangeBundle } from "../src/replica/change-bundle.js";

const golden = fileURLToPath(new URL("golden/unsigned-changes-1.bin", import.meta.url));

const bytes = encodeChange({
  rules: 1,
  nonce: "010203040506",
  time: { wallMs: 1_790_000_000_000, counter: 2 },
  ops: [{ type: "UnsetName", location: "Acme.Money.rate", movedTo: null, supersedes: [] }],
});

const bundle: ChangeBundle = {
  space: "ab".repeat(16),
  device: "cd".repeat(32),
  changes: [
    { log: "main/Acme", bytes },
    { log: "main/Other", bytes },
  ],
};

test("R8: the file of unsigned changes has the bytes it always had", () => {
  const encoded = encodeChangeBundle(sha256, bundle);
  // A difference means that files on people's disks can no longer be read.
  expect(Buffer.from(encoded).toString("hex")).toBe(readFileSync(golden).toString("hex"));
  expect(decodeChangeBundle(sha256, new Uint8Array(readFileSync(golden)))).toEqual({
    ok: true,
    value: bundle,
  });
});

test("R8: a bundle with any byte changed, or cut anywhere, is refused and never throws", () => {
  const encoded = encodeChangeBundle(sha256, bundle);
  for (let at = 0; at < encoded.length; at += 1) {
    const changed = encoded.slice();
    changed[at] = (changed[at] ?? 0) ^ 0x55;
    expect(decodeChangeBundle(sha256, changed).ok).toBe(false);
    expect(decodeChangeBundle(sha256, encoded.subarray(0, at)).ok).toBe(false);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
      expect(decodeChangeBundle(sha256, any).ok).toBe(false);
    }),
  );
});
