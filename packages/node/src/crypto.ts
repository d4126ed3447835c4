import {
  createPublicKey,
  hash as hashOnce,
  type KeyObject,
  randomBytes,
  verify as verifyOnce,
} from "node:crypto";
import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  deflateRawSync,
  inflateRawSync,
} from "node:zlib";
import type { BlockPorts } from "@darksync/core/block";
import { bytesOfHex, toHex } from "@darksync/core/bytes";
import type { Compression, Hash, PublicKey, Random, Verify } from "@darksync/core/ports";
import type { OpenPorts } from "@darksync/runtime/replica/open-segment";

/** SHA-256 by Node. By way of hex: a buffer of its own for each hash takes as long as the hash. */
export const sha256: Hash = Object.assign((bytes: Uint8Array) => bytesOfHex(sha256Hex(bytes)), {
  hex: sha256Hex,
});

function sha256Hex(bytes: Uint8Array): string {
  return hashOnce("sha256", bytes, "hex");
}

/** Random bytes of the operating system. */
export const systemRandom: Random = (length) => asPlain(randomBytes(length));

// RFC 8410: what stands before the 32 bytes of an Ed25519 key in its DER form.
const publicKeyPrefix = Buffer.from("302a300506032b6570032100", "hex");

/** Checks Ed25519 signatures by Node; a key or signature of the wrong size is simply no good. */
export const verifyEd25519: Verify = (publicKey, message, signature) =>
  Promise.resolve(isSigned(publicKey, message, signature));

function isSigned(publicKey: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  return verifyOnce(null, message, keyObjectOf(publicKey), signature);
}

// Reading a key takes half as long as checking a signature with it, and most blocks come from a few devices.
const mostKeys = 1024;
const keys = new Map<string, KeyObject>();

function keyObjectOf(publicKey: PublicKey): KeyObject {
  const name = toHex(publicKey);
  const known = keys.get(name);
  if (known !== undefined) return known;
  if (keys.size >= mostKeys) keys.clear();
  const key = createPublicKey({
    key: Buffer.concat([publicKeyPrefix, publicKey]),
    format: "der",
    type: "spki",
  });
  keys.set(name, key);
  return key;
}

// Blocks are compressed once and sent many times. Of 500 changes (360 kB) quality 7 makes 0.257 in 7.7 ms, 8 makes 0.254 in
// 9.6, 6 makes 0.261 in 6.3. A window of 1 MiB spans the largest payload.
const brotliOptions = {
  chunkSize: 64 * 1024,
  params: { [constants.BROTLI_PARAM_QUALITY]: 7, [constants.BROTLI_PARAM_LGWIN]: 20 },
};

/** With less zlib would not know that it is at the end, and would make room for more. */
const spareBytes = 64;

// A window that spans what is compressed loses nothing, and setting up a larger one takes as long as compressing into it.
const smallBytes = 4096;
const smallOptions = { windowBits: 12, memLevel: 5, chunkSize: 2 * smallBytes };

/** Compression by Node's zlib. */
export const nodeCompression: Compression = {
  compress: (method, bytes) => {
    switch (method) {
      case "none":
        return bytes;
      case "deflate-raw":
        return asPlain(deflateRawSync(bytes, bytes.length <= smallBytes ? smallOptions : {}));
      case "brotli":
        return asPlain(brotliCompressSync(bytes, brotliOptions));
    }
  },
  expand: (method, bytes, maxBytes) => {
    if (method === "none") return bytes.length <= maxBytes ? bytes : null;
    const expand = method === "brotli" ? brotliDecompressSync : inflateRawSync;
    try {
      // Most expand to just as many: then nothing has to be put together of small parts.
      const chunkSize = maxBytes + spareBytes;
      return asPlain(expand(bytes, { maxOutputLength: Math.max(1, maxBytes), chunkSize }));
    } catch (error) {
      // Whatever zlib says of bytes that came from outside, they are not what they should be.
      if (error instanceof Error && "code" in error) return null;
      throw error;
    }
  },
};

/** A plain `Uint8Array` over a buffer's bytes: Yjs does not take Node's own kind. */
function asPlain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** What opening blocks takes. */
export const blockPorts: BlockPorts = { hash: sha256, compression: nodeCompression };

/** What opening segments takes. */
export const openPorts: OpenPorts = { ...blockPorts, verify: verifyEd25519 };
