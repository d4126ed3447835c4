import type { Hash } from "./ports.js";

const digits = "0123456789abcdef";
const codeOfDigit: Uint8Array = Uint8Array.from(digits, (digit) => digit.charCodeAt(0));
const notHex = 0xff;
// The value of each ASCII character as a hex digit.
const digitOfCode: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = digits.indexOf(String.fromCharCode(code));
  return digit < 0 ? notHex : digit;
});

// A text that is joined piece by piece is put together anew where it is first looked up: made at once it takes a third
// of the time. So many at once as fit among the arguments of a call.
const bytesAtOnce = 512;

/** Lower-case hex of bytes. */
export function toHex(bytes: Uint8Array): string {
  if (bytes.length <= bytesAtOnce) return hexOfFew(bytes);
  let hex = "";
  for (let start = 0; start < bytes.length; start += bytesAtOnce)
    hex += hexOfFew(bytes.subarray(start, start + bytesAtOnce));
  return hex;
}

function hexOfFew(bytes: Uint8Array): string {
  const codes = new Array<number>(2 * bytes.length);
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    codes[2 * index] = codeOfDigit[byte >> 4] ?? 0;
    codes[2 * index + 1] = codeOfDigit[byte & 15] ?? 0;
  }
  return String.fromCharCode.apply(null, codes);
}

/** The hash of bytes in hex. */
export function hexHash(hash: Hash, bytes: Uint8Array): string {
  return hash.hex?.(bytes) ?? toHex(hash(bytes));
}

/** The bytes of lower-case hex, or null if the text is none. */
export function fromHex(hex: string): Uint8Array | null {
  if (hex.length % 2 !== 0) return null;
  const bytes = new Uint8Array(hex.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    const high = digitOfCode[hex.charCodeAt(index * 2)] ?? notHex;
    const low = digitOfCode[hex.charCodeAt(index * 2 + 1)] ?? notHex;
    if (high === notHex || low === notHex) return null;
    bytes[index] = high * 16 + low;
  }
  return bytes;
}

/** The bytes of hex that this code made itself; anything else is a broken invariant. */
export function bytesOfHex(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  if (bytes === null) throw new Error(`not hex: ${hex.slice(0, 80)}`);
  return bytes;
}

/** Whether a text is the hex of a SHA-256 hash. */
export function isHash(hex: string): boolean {
  return /^[0-9a-f]{64}$/.test(hex);
}
