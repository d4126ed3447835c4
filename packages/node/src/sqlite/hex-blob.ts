/** The bytes of hex, natively: this runs for every id that is stored. */
export function blobOfHex(hex: string): Uint8Array {
  return Buffer.from(hex, "hex");
}

/** Hex of a stored blob. */
export function hexOfBlob(blob: Uint8Array): string {
  return Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength).toString("hex");
}

/** Stored bytes as a plain array: those of the driver are a `Buffer`, whose `slice` and JSON are others. */
export function plainBytes(blob: Uint8Array): Uint8Array {
  return new Uint8Array(blob.buffer, blob.byteOffset, blob.byteLength);
}

const keyDigits = 12;

/** What an id or a hash is found by: its first bytes as an integer, which makes a small index. Not unique. */
export function keyOfHex(hex: string): number {
  return Number.parseInt(hex.slice(0, keyDigits), 16);
}

/** The least and the greatest key of ids that begin like this. */
export function keysOfPrefix(hexPrefix: string): readonly [number, number] {
  return [keyOfHex(hexPrefix.padEnd(keyDigits, "0")), keyOfHex(hexPrefix.padEnd(keyDigits, "f"))];
}
