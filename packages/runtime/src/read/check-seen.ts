import { decodeBlock } from "@darksync/core/block";
import type { Problem } from "@darksync/core/result";
import type { Seen } from "@darksync/core/vector";
import { authLog } from "@darksync/sync/wanted";
import { seenOfOthers } from "../dependency/note-seen.js";
import { currentStream } from "../replica/epoch.js";
import { readLastSeen, seenMaximum } from "../replica/last-seen.js";
import type { PlacedStream, SeenStep } from "../store/seen-store.js";
import { type ReplicaTables, StoreError } from "../store/store.js";
import { canonical } from "./canonical.js";
import { repairHint } from "./repair-hint.js";

const bytesAtOnce = 4 * 1024 * 1024;
const nothingSeen: Seen = new Map();
const everything = Number.MAX_SAFE_INTEGER;

interface Pair {
  readonly viewer: PlacedStream;
  readonly other: PlacedStream;
  readonly steps: SeenStep[];
}

/**
 * Checks that what is kept of who had seen what is what the blocks say, and that the next block of this device will say
 * what is beyond its last one.
 */
export function checkSeen(tables: ReplicaTables): readonly Problem[] {
  const problems: Problem[] = [];
  const pairs = new Map<string, Pair>();
  let isWhole = true;
  for (const log of tables.blocks.logs()) {
    for (const [stream, tip] of tables.blocks.tips(log)) {
      const own = currentStream(tables, log) === stream ? { seen: nothingSeen } : null;
      const isRead = takeStream(tables, { log, stream }, tip.seq, pairs, own);
      if (isRead && own !== null && describeSeen(own.seen) !== describeSeen(readLastSeen(tables, stream)))
        problems.push(problem(`what block ${tip.seq} of the own stream in ${log} had seen is kept wrongly`));
      isWhole &&= isRead;
    }
  }
  let count = 0;
  let wrong = 0;
  for (const { viewer, other, steps } of pairs.values()) {
    count += steps.length;
    if (canonical(tables.seen.steps(viewer, other, 0, everything)) !== canonical(steps)) wrong += 1;
  }
  const surplus = isWhole ? tables.seen.count() - count : 0;
  if (wrong > 0)
    problems.push(problem(`what ${wrong} pairs of streams had seen of each other is kept wrongly`));
  else if (surplus !== 0)
    problems.push(
      problem(`of who had seen what, ${Math.abs(surplus)} rows are too ${surplus > 0 ? "many" : "few"}`),
    );
  return problems;
}

function describeSeen(seen: Seen): string {
  return canonical(new Map([...seen].filter(([, vector]) => vector.size > 0)));
}

function problem(message: string): Problem {
  return { code: "bad-seen", message, hint: repairHint };
}

/** Takes what a stream's blocks say. False where not all of them are here, since a segment was evicted. */
function takeStream(
  tables: ReplicaTables,
  viewer: PlacedStream,
  tip: number,
  pairs: Map<string, Pair>,
  own: { seen: Seen } | null,
): boolean {
  try {
    for (let seq = 1; seq <= tip; ) {
      const stored = tables.blocks.read(viewer.log, viewer.stream, seq, bytesAtOnce);
      if (stored.length === 0) return true;
      for (const { seq: at, bytes } of stored) {
        const block = decodeBlock(bytes);
        // A damaged block is told of elsewhere.
        if (block === null) return true;
        if (own !== null) own.seen = seenMaximum(own.seen, new Map([...block.seen, [authLog, block.auth]]));
        addSteps(pairs, viewer, at, seenOfOthers(viewer, block.seen));
      }
      seq += stored.length;
    }
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.code === "segment-evicted") return false;
    throw error;
  }
}

function addSteps(pairs: Map<string, Pair>, viewer: PlacedStream, seq: number, seen: Seen): void {
  for (const [log, vector] of seen) {
    for (const [stream, otherSeq] of vector) {
      const key = `${viewer.log} ${viewer.stream} ${log} ${stream}`;
      const pair = pairs.get(key) ?? { viewer, other: { log, stream }, steps: [] };
      pairs.set(key, pair);
      if (otherSeq > (pair.steps.at(-1)?.otherSeq ?? 0)) pair.steps.push({ seq, otherSeq });
    }
  }
}
