import {
  type BlockHeader,
  encodeUnsignedBlock,
  joinSignature,
  signedHash,
  streamRoot,
} from "@darksync/core/block";
import type { ChangeId } from "@darksync/core/op-id";
import type { StreamName } from "@darksync/core/stream";
import { type LogName, type Seen, type Vector, vectorDifference } from "@darksync/core/vector";
import { batchBytes } from "@darksync/sync/message";
import { authLog } from "@darksync/sync/wanted";
import { asFarAsHere, type NeededHistory } from "../cache/as-far-as-here.js";
import { noteSeen } from "../dependency/note-seen.js";
import { updateSignedDependencies } from "../dependency/update.js";
import type { Tip } from "../store/block-store.js";
import type { ChangeRecord } from "../store/change-store.js";
import type { ReplicaTables } from "../store/store.js";
import { soundBytes } from "./change-bytes.js";
import { beginStream, currentStream, nextStream, streamToClose } from "./epoch.js";
import { readLastSeen, seenMaximum, writeLastSeen } from "./last-seen.js";
import { updateBeyond } from "./log-view.js";
import { lastOf } from "./push-queue.js";
import { type Replica, readFacts } from "./replica.js";
import { SeenAt } from "./seen-at.js";
import { freeUnreachable, isEvictedBlock, unreachableParts } from "./unreachable-blocks.js";

// Larger payloads compress better, up to what brotli sees at once; smaller ones are repeated cheaper after a cut. With
// what a relay lets a space's names take in a header, it fits in a block uncompressed.
const payloadBytes = 352 * 1024;
const maxChangesPerBlock = 4096;

/**
 * The next batch of a log that the relay lacks, as a Yjs update; null if it has all. What waits is signed once all
 * signed blocks are there: what is signed can no longer be moved or dropped. `leftOut`: of each stream the blocks up to
 * this one are not to be offered. The signed blocks are durable before this returns (C2). Only one process at a time may
 * call it for a replica.
 */
export async function prepareBatch(
  replica: Replica,
  log: LogName,
  leftOut: Vector,
  history: NeededHistory = "whole",
): Promise<Uint8Array | null> {
  const signedBefore = nextBatch(replica, log, leftOut);
  if (signedBefore !== null) return signedBefore;
  await signWaiting(replica, log, history);
  return nextBatch(replica, log, leftOut);
}

function nextBatch(replica: Replica, log: LogName, leftOut: Vector): Uint8Array | null {
  return replica.store.read((tables) => {
    const { blocks, durable } = tables;
    const reached = new Map(durable.durable(log));
    for (const [stream, seq] of leftOut) reached.set(stream, Math.max(seq, reached.get(stream) ?? 0));
    leaveOutEvicted(tables, log, reached);
    const batch = updateBeyond(replica.hash, blocks, log, reached, batchBytes);
    return batch?.update ?? null;
  });
}

/** A relay that was put back to before lacks again what it had, and what was evicted since: others may have that. */
function leaveOutEvicted(tables: ReplicaTables, log: LogName, reached: Map<StreamName, number>): void {
  for (const stream of tables.blocks.tips(log).keys())
    if (isEvictedBlock(tables, log, stream, (reached.get(stream) ?? 0) + 1))
      reached.set(stream, Number.MAX_SAFE_INTEGER);
}

/**
 * The stream to go on with; null: a new one. One of which the relay has lost what was evicted here cannot go on until
 * somebody gives that to the relay, maybe never. It stays open: what comes back of it counts.
 */
function streamToGoOn(tables: ReplicaTables, log: LogName): StreamName | null {
  const current = currentStream(tables, log);
  if (current === null) return null;
  const durable = tables.durable.durable(log).get(current) ?? 0;
  return isEvictedBlock(tables, log, current, durable + 1) ? null : current;
}

async function signWaiting(replica: Replica, log: LogName, history: NeededHistory): Promise<void> {
  if (replica.store.read((tables) => unreachableParts(replica, tables, log).length > 0))
    await replica.store.write((tables) => freeUnreachable(replica, tables, log));
  const plan = replica.store.read((tables) => planBlocks(replica, tables, log));
  if (plan === null) return;
  const signed = await signBlocks(replica, plan);
  await replica.store.write((tables) => {
    const tip = tables.blocks.tip(log, plan.stream);
    if ((tip?.seq ?? 0) !== plan.tip.seq)
      throw new Error(`the stream ${plan.stream} moved while it was signed`);
    signed.forEach(({ bytes, hash, seen }, offset) => {
      const records = plan.blocks[offset]?.records ?? [];
      const seq = plan.tip.seq + 1 + offset;
      tables.blocks.append(log, plan.stream, { seq, hash, changeCount: records.length, bytes });
      noteSeen(tables, { log, stream: plan.stream }, seq, seen);
      records.forEach(({ id }, index) => {
        tables.changes.place(id, { stream: plan.stream, seq, index });
      });
    });
    if (plan.isNew) beginStream(tables, log, plan.stream);
    if (plan.closes !== null) tables.blocks.close(log, plan.closes.stream, plan.closes.seq);
    const seen = plan.blocks.reduce((joined, block) => seenMaximum(joined, block.seen), plan.lastSeen);
    writeLastSeen(tables, plan.stream, seen);
    const judge = () =>
      updateSignedDependencies(
        replica,
        tables,
        plan.blocks.flatMap(({ records }) => records),
      );
    if (history === "whole") judge();
    else asFarAsHere(replica, tables, judge);
  });
}

/** Blocks to be signed: one after the other in one stream. */
interface BlockPlan {
  readonly log: LogName;
  readonly stream: StreamName;
  readonly isNew: boolean;
  readonly tip: Tip;
  readonly closes: {
    readonly stream: StreamName;
    readonly epoch: string;
    readonly seq: number;
    readonly hash: string;
  } | null;
  readonly blocks: readonly PlannedBlock[];
  /** What the last block before these was written under. */
  readonly lastSeen: Seen;
}

interface PlannedBlock {
  readonly records: readonly ChangeRecord[];
  /** What this device had folded when it made these changes. */
  readonly seen: Seen;
}

function planBlocks(replica: Replica, tables: ReplicaTables, log: LogName): BlockPlan | null {
  const waiting = waitingInQueueOrder(tables, log);
  const [first] = waiting;
  if (first === undefined) return null;
  const { space } = readFacts(tables);
  const { hash } = replica;
  const current = streamToGoOn(tables, log);
  const stream = current ?? nextStream(replica, tables, log);
  const tipOf = (name: StreamName): Tip =>
    tables.blocks.tip(log, name) ?? { seq: 0, hash: streamRoot(hash, space, log, name) };
  const closing = current === null ? streamToClose(tables, log) : null;
  const closes =
    closing === null ? null : { stream: closing, epoch: closing.split(".")[1] ?? "", ...tipOf(closing) };
  const lastSeen = readLastSeen(tables, stream);
  const firstNumber = waiting.reduce((least, { number }) => Math.min(least, number), first.number);
  const blocks = intoBlocks(waiting, new SeenAt(tables, firstNumber));
  return { log, stream, isNew: current === null, tip: tipOf(stream), closes, blocks, lastSeen };
}

/** Changes that wait in a log, as many as make about one batch, in the order of the queue's items. */
function waitingInQueueOrder(tables: ReplicaTables, log: LogName): readonly ChangeRecord[] {
  const records = new Map<ChangeId, ChangeRecord>();
  let bytes = 0;
  // An item that failed holds parked changes, which do not wait; what else it holds goes on (C3).
  for (const { task } of tables.queue.list()) {
    if (task.type !== "push_ops" || task.log !== log) continue;
    for (const record of tables.changes.unsigned(log, task.first, lastOf(task), maxChangesPerBlock)) {
      // The ranges of two items may overlap after changes came back from an epoch that was closed.
      if (records.has(record.id)) continue;
      records.set(record.id, record);
      bytes += record.bytes?.length ?? 0;
    }
    // Compressed, that is about one batch.
    if (bytes >= 4 * batchBytes) break;
  }
  return [...records.values()];
}

/** Changes that were made knowing the same go together, as many as fit. */
function intoBlocks(records: readonly ChangeRecord[], seenAt: SeenAt): readonly PlannedBlock[] {
  const blocks: { records: ChangeRecord[]; seen: Seen }[] = [];
  let bytesLeft = 0;
  for (const record of records) {
    const size = record.bytes?.length ?? 0;
    const block = blocks.at(-1);
    const last = block?.records.at(-1);
    const fits = bytesLeft >= size && (block?.records.length ?? 0) < maxChangesPerBlock;
    if (block !== undefined && last !== undefined && fits && seenAt.isSame(last.number, record.number)) {
      block.records.push(record);
      bytesLeft -= size;
    } else {
      blocks.push({ records: [record], seen: seenAt.at(record.number) });
      bytesLeft = payloadBytes - size;
    }
  }
  return blocks;
}

interface SignedBlock {
  readonly bytes: Uint8Array;
  readonly hash: string;
  /** What it says it had seen beyond the block before it. */
  readonly seen: Seen;
}

async function signBlocks(
  { hash, compression, signer }: Replica,
  plan: BlockPlan,
): Promise<readonly SignedBlock[]> {
  const signed: SignedBlock[] = [];
  let tip = plan.tip;
  let { lastSeen } = plan;
  for (const { records, seen } of plan.blocks) {
    const closes = tip.seq === 0 && plan.closes !== null ? plan.closes : null;
    const header: BlockHeader = {
      stream: plan.stream,
      seq: tip.seq + 1,
      prev: tip.hash,
      closes: closes === null ? null : { epoch: closes.epoch, seq: closes.seq, hash: closes.hash },
      auth: vectorDifference(seen.get(authLog) ?? new Map(), lastSeen.get(authLog) ?? new Map()),
      seen: seenDifference(seen, lastSeen),
    };
    const changes = records.map((record) => soundBytes(hash, record, record.bytes));
    const unsigned = encodeUnsignedBlock({ hash, compression }, header, changes);
    const signature = await signer.sign(unsigned.signed);
    const bytes = joinSignature(unsigned, signature);
    tip = { seq: header.seq, hash: signedHash(hash, unsigned.signed, signature) };
    lastSeen = seenMaximum(lastSeen, seen);
    signed.push({ bytes, hash: tip.hash, seen: header.seen });
  }
  return signed;
}

/** What is seen now beyond what was; the auth log stands in the block's `auth`. */
function seenDifference(seen: Seen, last: Seen): Seen {
  const difference = new Map<LogName, ReadonlyMap<StreamName, number>>();
  for (const [log, vector] of seen) {
    if (log === authLog) continue;
    const beyond = vectorDifference(vector, last.get(log) ?? new Map());
    if (beyond.size > 0) difference.set(log, beyond);
  }
  return difference;
}
