import { type Reader, readVarUint, type Writer, writeVarUint } from "./codec.js";

/**
 * Hybrid logical clock timestamp (Kulkarni et al. 2014): the wall clock in milliseconds since 1970 UTC, and a
 * counter for events of the same millisecond. For people: nothing is decided or refused by it (C4).
 */
export interface Timestamp {
  readonly wallMs: number;
  readonly counter: number;
}

/** How far a remote clock can move the local one. */
export const maxClockDriftMs: number = 5 * 60 * 1000;
/** Where the counter goes over into the next millisecond: a remote one near 2^53 must not spoil the local clock. */
const maxCounter = 0xffff;

/** The timestamp of a new local event. */
export function tick(last: Timestamp, nowMs: number): Timestamp {
  if (nowMs > last.wallMs) return { wallMs: nowMs, counter: 0 };
  return last.counter < maxCounter
    ? { wallMs: last.wallMs, counter: last.counter + 1 }
    : { wallMs: last.wallMs + 1, counter: 0 };
}

/** The local clock after seeing a remote timestamp; a remote clock ahead by more than the bound moves it no further. */
export function observe(last: Timestamp, remote: Timestamp, nowMs: number): Timestamp {
  const boundMs = nowMs + maxClockDriftMs;
  if (remote.wallMs > boundMs) return laterOf(last, { wallMs: boundMs, counter: 0 });
  return laterOf(last, remote);
}

/** Whether a remote timestamp is so far ahead of the local clock that it is shown as doubtful. */
export function isSkewed(remote: Timestamp, nowMs: number): boolean {
  return remote.wallMs > nowMs + maxClockDriftMs;
}

/** Orders timestamps for display. */
export function compareTimestamps(left: Timestamp, right: Timestamp): number {
  return left.wallMs - right.wallMs || left.counter - right.counter;
}

function laterOf(left: Timestamp, right: Timestamp): Timestamp {
  return compareTimestamps(left, right) >= 0 ? left : right;
}

export function writeTimestamp(writer: Writer, timestamp: Timestamp): void {
  writeVarUint(writer, timestamp.wallMs);
  writeVarUint(writer, timestamp.counter);
}

export function readTimestamp(reader: Reader): Timestamp {
  const wallMs = readVarUint(reader);
  return { wallMs, counter: readVarUint(reader) };
}
