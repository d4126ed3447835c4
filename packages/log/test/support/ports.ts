import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { brotliCompressSync, brotliDecompressSync, deflateRawSync, inflateRawSync } from "node:zlib";
import type { Compression, Hash, Verify } from "@darksync/core/ports";

/** SHA-256. */
export const sha256: Hash = (bytes) => new Uint8Array(createHash("sha256").update(bytes).digest());

/** A key of a test device. */
export interface TestKey {
  readonly publicKey: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** A new Ed25519 key. */
export function newKey(): TestKey {
  return keyWith(generateKeyPairSync("ed25519").privateKey);
}

/** The Ed25519 key whose secret is made of one number. */
export function testKeyOf(number: number): TestKey {
  // RFC 8410: what stands before the 32 bytes of the secret.
  const start = Buffer.from("302e020100300506032b657004220420", "hex");
  const key = Buffer.concat([start, Buffer.alloc(32, number)]);
  return keyWith(createPrivateKey({ key, format: "der", type: "pkcs8" }));
}

function keyWith(privateKey: KeyObject): TestKey {
  const jwk = createPublicKey(privateKey).export({ format: "jwk" });
  return {
    publicKey: new Uint8Array(Buffer.from(String(jwk.x), "base64url")),
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}

/** Ed25519, false for keys that are none. Counts its calls. */
export function countingVerify(): { readonly verify: Verify; readonly calls: () => number } {
  let calls = 0;
  return {
    verify: async (publicKey, message, signature) => {
      calls += 1;
      const key = keyOf(publicKey);
      return key !== null && verify(null, message, key, signature);
    },
    calls: () => calls,
  };
}

function keyOf(publicKey: Uint8Array): KeyObject | null {
  try {
    const x = Buffer.from(publicKey).toString("base64url");
    return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  } catch {
    return null;
  }
}

/** Deflate and brotli as Node has them. Counts what it was asked to expand. */
export function countingCompression(): Compression & { readonly expansions: () => number } {
  let expansions = 0;
  return {
    compress: (method, bytes) => {
      if (method === "none") return bytes;
      return new Uint8Array(method === "brotli" ? brotliCompressSync(bytes) : deflateRawSync(bytes));
    },
    expand: (method, bytes, maxBytes) => {
      expansions += 1;
      if (method === "none") return bytes.length <= maxBytes ? bytes : null;
      const expand = method === "brotli" ? brotliDecompressSync : inflateRawSync;
      try {
        return new Uint8Array(expand(bytes, { maxOutputLength: Math.max(1, maxBytes) }));
      } catch {
        return null;
      }
    },
    expansions: () => expansions,
  };
}

/** The default ports. */
export const compression: Compression = countingCompression();
