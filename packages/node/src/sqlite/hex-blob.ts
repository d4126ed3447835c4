import { type Writer, writeBytes } from "@darksync/core/codec";

/** The bytes of hex, natively: this runs for every id that is stored. */
export function blobOfHex(hex: string): Uint8Array {
  return Buffer.from(hex, "hex");
}

/** Writes the bytes of hex: no array is made for them, since this runs several times for every change of a clone. */
export function writeHex(writer: Writer, hex: string): void {
  const { cbuf, cpos } = writer;
  const end = cpos + hex.length / 2;
  if (end > cbuf.length) {
    writeBytes(writer, blobOfHex(hex));
    return;
  }
  for (let at = cpos, index = 0; at < end; at += 1, index += 2)
    cbuf[at] = (digitOf(hex.charCodeAt(index)) << 4) | digitOf(hex.charCodeAt(index + 1));
  writer.cpos = end;
}

// Lower-case digits: those of letters come 39 behind those of numbers.
function digitOf(code: number): number {
  return code - (code > 0x60 ? 0x57 : 0x30);
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
