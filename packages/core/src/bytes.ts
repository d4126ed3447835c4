const hexOfByte: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);
const digits = "0123456789abcdef";
const notHex = 0xff;
// The value of each ASCII character as a hex digit.
const digitOfCode: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = digits.indexOf(String.fromCharCode(code));
  return digit < 0 ? notHex : digit;
});

/** Lower-case hex of bytes. */
export function toHex(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += hexOfByte[byte];
  return hex;
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
