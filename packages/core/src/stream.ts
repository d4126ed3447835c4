import { bytesOfHex, fromHex, toHex } from "./bytes.js";
import { type Reader, readBytes, type Writer, writeBytes } from "./codec.js";
import type { PublicKey } from "./ports.js";

/** One device's own sequence of blocks in one log: the key and an epoch (8 bytes: 2 of a count, the rest by chance). */
export interface Stream {
  readonly device: PublicKey;
  readonly epoch: Uint8Array;
}

/** `<64 hex digits of the key>.<16 of the epoch>`: the stream as a map key and as the name of its Y.Array. */
export type StreamName = string;

/** Bytes of a device key. */
const deviceKeyBytes: number = 32;
/** Bytes of an epoch. */
export const epochBytes: number = 8;

const epochCountBytes = 2;
const mostEpochs = 2 ** (8 * epochCountBytes) - 1;

/**
 * An epoch for a stream of a device that has had others in the log: their names tell which is the later one. `chance`:
 * random bytes, as many as an epoch has, so that two copies of a device do not choose the same.
 */
export function epochAfter(others: Iterable<StreamName>, chance: Uint8Array): Uint8Array {
  let count = 0;
  for (const name of others) {
    const start = 2 * deviceKeyBytes + 1;
    count = Math.max(count, Number.parseInt(name.slice(start, start + 2 * epochCountBytes), 16));
  }
  const epoch = Uint8Array.from(chance);
  new DataView(epoch.buffer).setUint16(0, Math.min(count + 1, mostEpochs));
  return epoch;
}

/** The name of a stream. */
export function streamName(stream: Stream): StreamName {
  return `${toHex(stream.device)}.${toHex(stream.epoch)}`;
}

/** The stream of a name, or null if the text is none. */
export function parseStreamName(name: string): Stream | null {
  if (name.length !== 2 * (deviceKeyBytes + epochBytes) + 1 || name[2 * deviceKeyBytes] !== ".") return null;
  const device = fromHex(name.slice(0, 2 * deviceKeyBytes));
  const epoch = fromHex(name.slice(2 * deviceKeyBytes + 1));
  return device === null || epoch === null ? null : { device, epoch };
}

/** The device key (hex) that a stream belongs to. */
export function deviceOf(name: StreamName): string {
  return name.slice(0, 2 * deviceKeyBytes);
}

export function writeStreamName(writer: Writer, name: StreamName): void {
  writeBytes(writer, bytesOfHex(deviceOf(name)));
  writeBytes(writer, bytesOfHex(name.slice(2 * deviceKeyBytes + 1)));
}

export function readStreamName(reader: Reader): StreamName {
  const device = readBytes(reader, deviceKeyBytes);
  return streamName({ device, epoch: readBytes(reader, epochBytes) });
}
