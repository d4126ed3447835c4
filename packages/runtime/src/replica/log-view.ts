import { streamRoot } from "@darksync/core/block";
import type { Hash } from "@darksync/core/ports";
import type { StreamName } from "@darksync/core/stream";
import { deviceOf } from "@darksync/core/stream";
import type { LogName, Vector } from "@darksync/core/vector";
import type { AdmissionView, Authority } from "@darksync/log/admission-view";
import { clientIdOf } from "@darksync/log/client-id";
import { firstHead, type Head } from "@darksync/log/head";
import { encodeStateVector } from "@darksync/log/state-vector";
import { encodeAppends, type KnownStream, type Run } from "@darksync/log/update";
import { logDigest, tagOf } from "@darksync/sync/digest";
import type { StreamHead } from "@darksync/sync/message";
import { authLog } from "@darksync/sync/wanted";
import type { BlockStore } from "../store/block-store.js";
import type { ReadableBlocks } from "../store/sound-blocks.js";
import { StoreError } from "../store/store.js";

/** Sequence numbers of a log's last blocks. */
export function vectorOf(blocks: BlockStore, log: LogName): Vector {
  return new Map([...blocks.tips(log)].map(([stream, tip]) => [stream, tip.seq]));
}

/** A log's last blocks as they stand in messages and digests. */
export function headsOf(blocks: BlockStore, log: LogName): readonly StreamHead[] {
  return [...blocks.tips(log)].map(([stream, tip]) => ({ stream, seq: tip.seq, tag: tagOf(tip.hash) }));
}

/** Digests of logs, those without blocks left out. */
export function digestsOf(
  hash: Hash,
  blocks: BlockStore,
  logs: Iterable<LogName>,
): readonly { readonly log: LogName; readonly digest: string }[] {
  const digests: { log: LogName; digest: string }[] = [];
  for (const log of logs) {
    const heads = headsOf(blocks, log);
    if (heads.length > 0) digests.push({ log, digest: logDigest(hash, log, heads) });
  }
  return digests;
}

/** The Yjs state vector of a log's head document. */
export function stateVectorOf(hash: Hash, vector: Vector): Uint8Array {
  return encodeStateVector(hash, firstHead, vector);
}

/** Finds streams by the client ids of the head document. */
export function knownClients(
  hash: Hash,
  blocks: BlockStore,
  log: LogName,
): (client: number) => KnownStream | null {
  const known = new Map<number, KnownStream>();
  for (const [stream, tip] of blocks.tips(log)) {
    known.set(clientIdOf(hash, stream, firstHead.number), { stream, nextSeq: tip.seq + 1 });
  }
  return (client) => known.get(client) ?? null;
}

/** What admission needs to know of the blocks held. `space` is empty as long as it is not known: then nothing fits. */
export function admissionView(hash: Hash, blocks: BlockStore, space: string, log: LogName): AdmissionView {
  const root = (stream: StreamName) => streamRoot(hash, space, log, stream);
  return {
    stream: (stream) => {
      const tip = blocks.tip(log, stream);
      const closedAt = blocks.closedAt(log, stream);
      // Authority below compares vectors that only grow: those of the blocks held were satisfied when they came.
      return { seq: tip?.seq ?? 0, hash: tip?.hash ?? root(stream), auth: new Map(), closedAt };
    },
    hashAt: (stream, seq) => (seq === 0 ? root(stream) : blocks.hashAt(log, stream, seq)),
    authority: (device, auth) => authorityIn(blocks, log, device, auth),
  };
}

/** In an open space every device may write that has introduced itself (P1 comes with memberships). */
function authorityIn(blocks: BlockStore, log: LogName, device: string, auth: Vector): Authority {
  if (log === authLog) return { kind: "allowed" };
  const tips = blocks.tips(authLog);
  for (const [stream, seq] of auth) if ((tips.get(stream)?.seq ?? 0) < seq) return { kind: "wait" };
  for (const stream of tips.keys()) if (deviceOf(stream) === device) return { kind: "allowed" };
  return { kind: "wait" };
}

/** How an update is framed, and where it ends. */
export interface UpdateFrame {
  readonly head: Head;
  /** The last blocks that are in it; null: all. */
  readonly end: Vector | null;
}

const wholeLog: UpdateFrame = { head: firstHead, end: null };

/** A Yjs update with what `vector` lacks of a log, in about `maxBytes`; null if it lacks nothing. */
export function updateBeyond(
  hash: Hash,
  blocks: ReadableBlocks,
  log: LogName,
  vector: Vector,
  maxBytes: number,
  { head, end }: UpdateFrame = wholeLog,
): { readonly update: Uint8Array; readonly reached: Vector } | null {
  const runs: Run[] = [];
  const reached = new Map(vector);
  let bytesLeft = maxBytes;
  for (const [stream, tip] of blocks.tips(log)) {
    const firstSeq = (vector.get(stream) ?? 0) + 1;
    const lastSeq = end === null ? tip.seq : (end.get(stream) ?? 0);
    if (firstSeq > lastSeq) continue;
    const stored = blocks.read(log, stream, firstSeq, bytesLeft).filter(({ seq }) => seq <= lastSeq);
    // Whoever asks would be sent nothing for ever.
    if (stored[0]?.seq !== firstSeq) throw blockMissing(log, stream, firstSeq);
    runs.push({ stream, firstSeq, blocks: stored.map(({ bytes }) => bytes) });
    reached.set(stream, firstSeq + stored.length - 1);
    for (const { bytes } of stored) bytesLeft -= bytes.length;
    if (bytesLeft <= 0) break;
  }
  return runs.length === 0 ? null : { update: encodeAppends(hash, head, runs), reached };
}

function blockMissing(log: LogName, stream: StreamName, seq: number): StoreError {
  return new StoreError(
    "database-corrupt",
    `the database is damaged: block ${seq} of the stream ${stream} in ${log} is missing`,
    "rebuild it from those who have the block",
  );
}
