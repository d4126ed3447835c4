import { createHash } from "node:crypto";
import { brotliCompressSync, brotliDecompressSync, deflateRawSync, inflateRawSync } from "node:zlib";
import { darklang } from "../../../language/src/darklang.ts";
import type { MergePorts } from "../../src/merge-heads.js";
import type { Compression, Hash } from "../../src/ports.js";

export const sha256: Hash = (bytes) => new Uint8Array(createHash("sha256").update(bytes).digest());

export const compression: Compression = {
  compress: (method, bytes) => {
    if (method === "none") return bytes;
    return new Uint8Array(method === "brotli" ? brotliCompressSync(bytes) : deflateRawSync(bytes));
  },
  expand: (method, bytes, maxBytes) => {
    if (method === "none") return bytes.length > maxBytes ? null : bytes;
    const options = { maxOutputLength: Math.max(maxBytes, 1) };
    try {
      return new Uint8Array(
        method === "brotli" ? brotliDecompressSync(bytes, options) : inflateRawSync(bytes, options),
      );
    } catch {
      return null;
    }
  },
};

/** What a fold runs on. */
export const foldPorts: MergePorts = { hash: sha256, language: darklang };

/** Numbers from 0 up to a bound, the same ones for the same seed. */
export function seededNumbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}
