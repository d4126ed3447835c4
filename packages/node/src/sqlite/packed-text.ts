import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import type Database from "better-sqlite3";

// Measured on the real tree and on code-like texts (docs/decisions/0013-storage.md): below this less than half goes.
const leastPackedBytes = 500;

const options = {
  params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 16 },
};

/** The end of a text, compressed where that pays. */
export function packedTail(tail: string): string | Uint8Array {
  const bytes = Buffer.from(tail);
  if (bytes.length < leastPackedBytes) return tail;
  const packed = brotliCompressSync(bytes, options);
  return packed.length < bytes.length * 0.8 ? packed : tail;
}

/** The end of a text as it was, compressed or not; throws if it cannot be read. */
export function unpackedTail(tail: string | Uint8Array): string {
  return typeof tail === "string" ? tail : brotliDecompressSync(tail).toString();
}

/** Lets SQL read what was packed: `unpacked(tail)`. */
export function addUnpacked(database: Database.Database): void {
  database.function("unpacked", { deterministic: true }, (tail) =>
    tail instanceof Uint8Array ? unpackedTail(tail) : tail,
  );
}
