import type { Location } from "@darksync/core/location";
import type { OpId } from "@darksync/core/op-id";
import type { Problem } from "@darksync/core/result";
import { deviceOf, type StreamName } from "@darksync/core/stream";
import type { LogName, Vector } from "@darksync/core/vector";
import { admitChained } from "@darksync/log/admit-chained";
import type { RunEnd } from "@darksync/log/examine-run";
import type { Manifest } from "@darksync/log/manifest";
import { tagOf } from "@darksync/sync/digest";
import type { NeededHistory } from "../cache/as-far-as-here.js";
import { evictedNumbers } from "../cache/take-back.js";
import type { ReplicaTables } from "../store/store.js";
import { downloadSegment, type WantedSegment } from "./clone-download.js";
import { type CloneSource, fetchManifest } from "./clone-manifest.js";
import { inOrder } from "./in-order.js";
import { Inbox, type IncomingBlock } from "./inbox.js";
import { admissionView } from "./log-view.js";
import type { OpenedBlock, OpenedSegment, OpenSegment } from "./open-segment.js";
import { type Replica, readFacts } from "./replica.js";
import { changesIn, sealedText } from "./sealed-changes.js";
import type { SyncCounts } from "./sync-tally.js";

/** What fetching sealed parts of logs runs on (L6). */
export interface ClonePorts extends CloneSource {
  readonly openSegment: OpenSegment;
}

/** How the sealed part of a log is fetched. */
export interface CloneOptions {
  /** Everything is downloaded again, and whatever key the relay signs with is trusted. */
  readonly isFull: boolean;
  /** Hears what is to be fetched, and what came: bytes with each segment, changes with each transaction. */
  readonly onProgress: (counts: Partial<SyncCounts>) => void;
  /** Whether to stop: nothing is written any more. */
  readonly isStopped: () => boolean;
  /** As `Inbox.finish` has it. */
  readonly history: NeededHistory;
}

/** What came of fetching the sealed part of a log. What is missing still is asked for block by block. */
export interface Cloned {
  readonly judged: ReadonlySet<Location>;
  /** Up to where the relay's own blocks are held, as far as it has sealed them. */
  readonly sealed: Vector;
  /** Why not all of it was taken, or null. */
  readonly problem: Problem | null;
}

// Each download waits for the network, and each segment is opened by another thread where there is one.
const mostAtOnce = 4;
// So many changes in a transaction: what they do to a register is written once, and only the text they leave there.
const changesAtOnce = 131_072;

interface ReadySegment {
  readonly wanted: WantedSegment;
  readonly opened: OpenedSegment;
}

/**
 * Fetches the segments of a log of which little or nothing is held here, checks them like what comes block by block,
 * and folds them. What can be wrong with them ends it, and is told.
 */
export async function cloneLog(
  replica: Replica,
  ports: ClonePorts,
  log: LogName,
  options: CloneOptions,
): Promise<Cloned> {
  const judged = new Set<Location>();
  const manifest = await fetchManifest(replica, ports, log, options.isFull);
  if (!manifest.ok) return { judged, sealed: new Map(), problem: manifest.problem };
  const { value } = manifest;
  if (value === null) return { judged, sealed: new Map(), problem: null };
  const wanted = replica.store.read((tables) => wantedSegments(tables, log, value, options.isFull));
  let ready: ReadySegment[] = [];
  let problem: Problem | null = null;
  let isWhole = true;
  const take = async () => {
    if (ready.length === 0 || options.isStopped()) return;
    const taken = await takeSegments(replica, log, ready, options.history);
    ready = [];
    for (const location of taken.judged) judged.add(location);
    options.onProgress({ pulled: taken.pulled });
    isWhole = taken.isWhole;
    problem ??= taken.problem;
  };
  options.onProgress({ wantedBytes: wanted.reduce((sum, { byteCount }) => sum + byteCount, 0) });
  const fetch = async (segment: WantedSegment) => {
    const fetched = await fetchSegment(replica, ports, log, segment);
    options.onProgress({ fetchedBytes: segment.byteCount });
    return fetched;
  };
  for await (const next of inOrder(wanted, mostAtOnce, fetch)) {
    if ("code" in next) problem = next;
    else ready.push(next);
    if (problem !== null || options.isStopped()) break;
    if (countChanges(ready) >= changesAtOnce) await take();
    if (!isWhole) break;
  }
  await take();
  const sealed = replica.store.read((tables) => sealedHere(tables, log, value));
  return { judged, sealed, problem };
}

/** Downloads a segment and opens it. Whatever is wrong with what came is not kept. */
async function fetchSegment(
  replica: Replica,
  ports: ClonePorts,
  log: LogName,
  wanted: WantedSegment,
): Promise<ReadySegment | Problem> {
  const { bytes, heldBefore, problem } = await downloadSegment(replica, ports, log, wanted);
  if (problem !== null) return problem;
  const opened = await ports.openSegment(wanted.hash, bytes);
  const isRight = opened.ok && opened.value.log === log && opened.value.number === wanted.number;
  if (isRight) {
    // Whoever is killed before the next long transaction has it for the next time.
    if (heldBefore < wanted.byteCount)
      await replica.store.write(({ segments }) => segments.put(log, wanted, bytes));
    return { wanted, opened: opened.value };
  }
  if (heldBefore === 0) return opened.ok ? misplaced : opened.problem;
  // What was held from an earlier download may be to blame.
  await replica.store.write(({ segments }) => segments.put(log, wanted, new Uint8Array(0)));
  return fetchSegment(replica, ports, log, wanted);
}

const misplaced: Problem = {
  code: "wrong-segment",
  message: "the relay gave a segment that belongs elsewhere",
  hint: "Its blocks were asked for one by one. Tell whoever runs the relay.",
};

/**
 * The segments to fetch: those after what is held by number of blocks, or all if everything is downloaded again. A log
 * that lacks less than a segment is cheaper to ask for.
 */
function wantedSegments(
  tables: Pick<ReplicaTables, "blocks" | "segments">,
  log: LogName,
  { segments, tips }: Manifest,
  isFull: boolean,
): readonly WantedSegment[] {
  const { blocks } = tables;
  const named = segments.map(({ hash, byteCount }, number) => ({ number, hash, byteCount }));
  const other = named.findIndex((segment) => isOther(tables, log, segment));
  const all = other < 0 ? named : named.slice(0, other);
  if (isFull) return all;
  let held = 0;
  for (const { stream, seq } of tips) held += Math.min(seq, blocks.tip(log, stream)?.seq ?? 0);
  const isNew = held === 0;
  let first = 0;
  for (const { blockCount } of segments) {
    if (blockCount > held) break;
    held -= blockCount;
    first += 1;
  }
  const isLittle = !isNew && first >= segments.length - 1 && held > 0;
  return isLittle ? [] : all.slice(first);
}

/**
 * Whether blocks lie here in another segment of that number: a relay that was put back to an older copy has sealed anew.
 * They need the one that is here; what the relay's holds is asked for block by block.
 */
function isOther(
  { blocks, segments }: Pick<ReplicaTables, "blocks" | "segments">,
  log: LogName,
  { number, hash }: WantedSegment,
): boolean {
  const held = segments.get(log, number);
  if (held === null || held.hash === hash) return false;
  return [...blocks.tips(log)].some(([stream, { seq: last }]) => {
    for (let seq = 1; seq <= last; seq += 1) if (blocks.segmentOf(log, stream, seq) === number) return true;
    return false;
  });
}

/** Streams with a block that was evicted are asked for from their start: its segment may be nowhere any more. */
function sealedHere({ blocks, segments }: ReplicaTables, log: LogName, { tips }: Manifest): Vector {
  const evicted = evictedNumbers({ segments }, log);
  const isWhole = (stream: StreamName, last: number) => {
    for (let seq = 1; seq <= last && evicted.size > 0; seq += 1)
      if (evicted.has(blocks.segmentOf(log, stream, seq) ?? -1)) return false;
    return true;
  };
  const here = tips.filter(
    ({ stream, seq, tag }) => tagOf(blocks.hashAt(log, stream, seq) ?? "") === tag && isWhole(stream, seq),
  );
  return new Map(here.map(({ stream, seq }) => [stream, seq]));
}

function countChanges(segments: readonly ReadySegment[]): number {
  let count = 0;
  for (const { opened } of segments)
    for (const { blocks } of opened.runs) for (const { changeCount } of blocks) count += changeCount;
  return count;
}

interface TakenSegments {
  readonly pulled: number;
  readonly judged: ReadonlySet<Location>;
  /** Whether all was taken, so that what comes next can follow it. */
  readonly isWhole: boolean;
  readonly problem: Problem | null;
}

function takeSegments(
  replica: Replica,
  log: LogName,
  segments: readonly ReadySegment[],
  history: CloneOptions["history"],
): Promise<TakenSegments> {
  return replica.store.write((tables) => {
    // What was replaced is history, and that is in the segments.
    const inbox = new Inbox(replica, tables, "current");
    const view = admissionView(replica.hash, tables.blocks, readFacts(tables).space, log);
    const durable = new Map(tables.durable.durable(log));
    let isWhole = true;
    let problem: Problem | null = null;
    for (const { wanted, opened } of segments) {
      if (!isWhole) break;
      for (const run of opened.runs) {
        const { admitted, end } = admitChained(log, view, run);
        for (const block of admitted) inbox.take(log, incoming(opened, block, wanted.number));
        if (admitted.length < run.blocks.length) sealHeld(tables, log, run.blocks, wanted.number);
        const last = admitted.at(-1)?.header;
        // Its relay told of the segment when it was durable (R71). Own blocks are counted where they are acknowledged.
        if (last !== undefined && deviceOf(last.stream) !== replica.device)
          durable.set(last.stream, last.seq);
        isWhole &&= mayGoOn(end);
        problem ??= problemOf(end);
      }
    }
    inbox.finish(history);
    tables.durable.setDurable(log, durable);
    return { pulled: inbox.pulled, judged: inbox.judged, isWhole, problem };
  });
}

function incoming(
  { body, changes: columns }: OpenedSegment,
  block: OpenedBlock,
  segment: number,
): IncomingBlock {
  const changes = changesIn(columns, block.firstChange, block.changeCount);
  const readText = (index: number, op: OpId) => sealedText(body, changes[index], op);
  return { header: block.header, hash: block.hash, changes, bytes: { segment }, readText };
}

/** Blocks that are held already need no bytes of their own any more; what was damaged of them is whole again. */
function sealHeld(
  { blocks }: ReplicaTables,
  log: LogName,
  sealed: readonly OpenedBlock[],
  segment: number,
): void {
  for (const { header, hash, changeCount } of sealed) {
    const { stream, seq } = header;
    if (blocks.hashAt(log, stream, seq) !== hash || blocks.segmentOf(log, stream, seq) !== null) continue;
    blocks.seal(log, stream, { seq, hash, changeCount }, segment);
  }
}

/** What lies beyond the end of an epoch counts nowhere (C3), and nothing else depends on it. */
function mayGoOn(end: RunEnd): boolean {
  return end.kind === "complete" || (end.kind === "refused" && end.refusal.problem.code === "closed-stream");
}

/** What a person has to know: that somebody's blocks differ is found out where they are asked for. */
function problemOf(end: RunEnd): Problem | null {
  if (end.kind !== "refused" || mayGoOn(end)) return null;
  const { problem } = end.refusal;
  return problem.code === "broken-chain" ? null : problem;
}
