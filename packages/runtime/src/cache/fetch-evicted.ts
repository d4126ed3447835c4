import { toHex } from "@darksync/core/bytes";
import { failure, type Problem, type Result, success } from "@darksync/core/result";
import type { LogName } from "@darksync/core/vector";
import { downloadSegment } from "../replica/clone-download.js";
import type { CloneSource } from "../replica/clone-manifest.js";
import type { Replica } from "../replica/replica.js";
import { EvictedError } from "../store/evicted-error.js";
import type { StoredSegment } from "../store/segment-store.js";
import type { ReplicaTables } from "../store/store.js";
import { dayOf } from "./day.js";
import { usedDayKey } from "./evictable-segments.js";

/** Brings an evicted segment back, named by the hex of its hash. */
export type FetchSegment = (segment: string) => Promise<Result<null>>;

/** Fetches evicted segments from a relay. What comes is taken if its hash is right: it was checked when it first came. */
export function segmentFetcher(replica: Replica, source: CloneSource): FetchSegment {
  return async (segment) => {
    const found = replica.store.read((tables) => findSegment(tables, segment));
    if (found === null) throw new Error(`segment ${segment} is read and not known`);
    const { log, stored } = found;
    if (stored.heldBytes === stored.byteCount) return success(null);
    const { bytes, problem } = await downloadSegment(replica, source, log, stored);
    if (problem !== null) return problem.code === "segment-missing" ? gone : { ok: false, problem };
    const isRight = toHex(replica.hash(bytes)) === segment;
    await replica.store.write(({ segments, meta }) => {
      // Bytes of a cut download may be to blame: the next one begins anew.
      segments.put(log, stored, isRight ? bytes : new Uint8Array(0));
      if (isRight) meta.set(usedDayKey(segment), String(dayOf(replica.clock())));
    });
    return isRight ? success(null) : wrongBytes;
  };
}

/** For whoever has nowhere to fetch from. */
export const neverFetched: FetchSegment = async () =>
  failure("not-cached", "history that was evicted cannot be fetched this way", "Sync with the relay.");

const gone = failure(
  "segment-missing",
  "the relay does not have the history any more that was evicted here",
  "If it was put back to an older copy, this asks for it another way: darklang sync --full",
);

const wrongBytes = failure(
  "wrong-segment",
  "the relay gave other history than what was asked for",
  "Try again; if it stays so, tell whoever runs the relay.",
);

function findSegment(
  { blocks, segments }: ReplicaTables,
  hash: string,
): { readonly log: LogName; readonly stored: StoredSegment } | null {
  for (const log of blocks.logs()) {
    const stored = segments.list(log).find((segment) => segment.hash === hash);
    if (stored !== undefined) return { log, stored };
  }
  return null;
}

/**
 * Does `work`, and fetches the evicted history that it meets: then it is done again from its beginning. It must leave
 * nothing behind when it throws, as a transaction does. `giveUp` answers in its place where something cannot be had.
 */
export async function withHistory<Value, Otherwise>(
  fetchSegment: FetchSegment,
  work: () => Value | Promise<Value>,
  giveUp: (error: EvictedError, why: Problem) => Otherwise,
): Promise<Value | Otherwise> {
  for (const fetched = new Set<string>(); ; ) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof EvictedError)) throw error;
      // What was fetched and is gone again was evicted by somebody who wants the room more.
      if (error.segments.every((segment) => fetched.has(segment))) throw error;
      for (const segment of error.segments) {
        const came = await fetchSegment(segment);
        if (!came.ok) return giveUp(error, came.problem);
        fetched.add(segment);
      }
    }
  }
}
