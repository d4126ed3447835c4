import { Malformed, type Reader, readVarUint } from "@darksync/core/codec";

/**
 * A number that is exactly what the bytes say. lib0 alone answers with rounded values beyond 2^53, and with NaN after
 * about 150 bytes of padding, which passes every comparison with a limit.
 */
export function readExact(reader: Reader): number {
  const value = readVarUint(reader);
  if (!Number.isSafeInteger(value)) throw new Malformed("a number beyond 2^53");
  return value;
}
