import type { Problem } from "@darksync/core/result";
import type { LogName } from "@darksync/core/vector";
import type { StoredSegment } from "../store/segment-store.js";
import type { ReplicaTables } from "../store/store.js";
import type { CloneSource } from "./clone-manifest.js";
import { type Replica, readFacts } from "./replica.js";

/** A segment to fetch. */
export type WantedSegment = Omit<StoredSegment, "heldBytes">;

/** What came of a download: all bytes if there is no problem. */
export interface Downloaded {
  readonly bytes: Uint8Array;
  /** How many of them were held before. */
  readonly heldBefore: number;
  readonly problem: Problem | null;
}

// A connection may be cut at any byte; one that brings next to nothing twice in a row is given up.
const leastPartBytes = 512;
const mostEmptyAnswers = 2;

/**
 * Downloads a segment, from where an earlier attempt was cut. The bytes are not checked. Where it is cut again, what
 * came is kept for the next attempt.
 */
export async function downloadSegment(
  replica: Replica,
  { segments, url }: CloneSource,
  log: LogName,
  wanted: WantedSegment,
): Promise<Downloaded> {
  const { space } = replica.store.read(readFacts);
  const held = replica.store.read((tables) => heldBytes(tables, log, wanted));
  const parts = [held];
  let size = held.length;
  let problem: Problem | null = null;
  for (let empty = 0; size < wanted.byteCount; ) {
    const answer = await segments.segment(url, space, log, wanted.hash, size);
    if (!answer.ok) problem = answer.problem;
    else if (answer.value.length > wanted.byteCount - size) problem = tooLong(log, wanted);
    if (problem !== null) break;
    const part = answer.ok ? answer.value : new Uint8Array(0);
    parts.push(part);
    size += part.length;
    if (size === wanted.byteCount) break;
    empty = part.length < leastPartBytes ? empty + 1 : 0;
    if (empty === mostEmptyAnswers) problem = cut(log, wanted);
    if (problem !== null) break;
  }
  const bytes = joined(parts, size);
  if (problem !== null && size > held.length)
    await replica.store.write(({ segments: store }) => store.put(log, wanted, bytes));
  return { bytes, heldBefore: held.length, problem };
}

function heldBytes({ segments }: ReplicaTables, log: LogName, { number, hash }: WantedSegment): Uint8Array {
  const isHeld = segments.get(log, number)?.hash === hash;
  return (isHeld ? segments.bytes(log, number) : null) ?? new Uint8Array(0);
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = parts;
  if (only !== undefined && only.length === size) return only;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function cut(log: LogName, { number }: WantedSegment): Problem {
  return {
    code: "relay-unreachable",
    message: `the download of segment ${number} of ${log} was cut`,
    hint: "The next `darklang sync` goes on from there.",
  };
}

function tooLong(log: LogName, { number }: WantedSegment): Problem {
  return {
    code: "malformed-segment",
    message: `segment ${number} of ${log} is longer than the relay said`,
    hint: "Its blocks were asked for one by one. Tell whoever runs the relay.",
  };
}
