import { type Block, blockHash, decodeBlock } from "@darksync/core/block";
import { toHex } from "@darksync/core/bytes";
import type { Hash, PublicKey } from "@darksync/core/ports";
import type { Problem } from "@darksync/core/result";
import { deviceOf, parseStreamName, type Stream, type StreamName } from "@darksync/core/stream";
import { type LogName, type Vector, vectorMaximum } from "@darksync/core/vector";
import type { AdmissionView, Authority, StreamState } from "./admission-view.js";
import { type BlockRefusal, blockRefusal, type RefusalCode } from "./block-refusal.js";
import type { Run } from "./update.js";

/** A block that is in order but for its signature and its payload, which were not looked at. */
export interface Candidate {
  readonly bytes: Uint8Array;
  readonly hash: string;
  readonly header: Block;
  readonly auth: Vector;
}

/** Why a run is not taken any further. */
export type RunEnd =
  | { readonly kind: "complete" }
  | { readonly kind: "wait" }
  | { readonly kind: "ask-again" }
  | { readonly kind: "refused"; readonly refusal: BlockRefusal };

/** A run as far as it can be judged without signatures. */
export interface ExaminedRun {
  readonly stream: StreamName;
  readonly device: PublicKey;
  readonly candidates: readonly Candidate[];
  /** A block in the place of one that is held: a fork if its device signed it. */
  readonly contradiction: Candidate | null;
  readonly end: RunEnd;
}

const nothing = { device: new Uint8Array(0), candidates: [], contradiction: null } as const;

/** What a run is judged by. */
interface Receiver {
  readonly hash: Hash;
  readonly log: LogName;
  readonly view: AdmissionView;
}

/** Compares a run with what is held, and follows its chain from there. */
export function examineRun(receiver: Receiver, run: Run): ExaminedRun {
  const { stream, firstSeq } = run;
  const place = parseStreamName(stream);
  if (place === null || !Number.isSafeInteger(firstSeq) || firstSeq < 1) {
    return { ...nothing, stream, end: refuse(receiver, run, firstSeq, "malformed-block") };
  }
  const state = receiver.view.stream(stream);
  const base = { ...nothing, stream, device: place.device };
  if (firstSeq > state.seq + 1) return { ...base, end: { kind: "ask-again" } };
  const difference = differenceFromHeld(receiver, run, state);
  if (difference === null) return { ...base, ...followChain(receiver, run, state, place) };
  return "kind" in difference
    ? { ...base, end: difference }
    : { ...base, contradiction: difference, end: { kind: "complete" } };
}

/** The first block that is not the one held in its place, or why it may not be one at all. Null if there is none. */
function differenceFromHeld(receiver: Receiver, run: Run, state: StreamState): Candidate | RunEnd | null {
  const { hash, view } = receiver;
  for (const [index, bytes] of run.blocks.entries()) {
    const seq = run.firstSeq + index;
    if (seq > state.seq) return null;
    const held = view.hashAt(run.stream, seq);
    const found = blockHash(hash, bytes);
    if (held === null || held === found) continue;
    const header = readInPlace(bytes, run.stream, seq, view.hashAt(run.stream, seq - 1));
    if (typeof header === "string") return refuse(receiver, run, seq, header);
    return { bytes, hash: found, header, auth: header.auth };
  }
  return null;
}

/** The new blocks of the run, up to the first that is not in order. */
function followChain(
  receiver: Receiver,
  run: Run,
  state: StreamState,
  place: Stream,
): Pick<ExaminedRun, "candidates" | "end"> {
  const { hash, view } = receiver;
  const candidates: Candidate[] = [];
  let last: Pick<StreamState, "seq" | "hash" | "auth"> = state;
  let authority: Authority | null = null;
  for (const bytes of run.blocks.slice(state.seq + 1 - run.firstSeq)) {
    const seq = last.seq + 1;
    const header = readInPlace(bytes, run.stream, seq, last.hash);
    if (typeof header === "string") return { candidates, end: refuse(receiver, run, seq, header) };
    const code = beyondEpoch(header, state, place);
    if (code !== null) return { candidates, end: refuse(receiver, run, seq, code) };
    const auth = header.auth.size === 0 ? last.auth : vectorMaximum(last.auth, header.auth);
    // The answer is the same for as long as the vector is.
    if (authority === null || auth !== last.auth) authority = view.authority(deviceOf(run.stream), auth);
    if (authority.kind === "wait") return { candidates, end: { kind: "wait" } };
    if (authority.kind === "refused") {
      return { candidates, end: refuse(receiver, run, seq, "no-authority", authority.problem) };
    }
    last = { seq, hash: blockHash(hash, bytes), auth };
    candidates.push({ bytes, hash: last.hash, header, auth });
  }
  return { candidates, end: { kind: "complete" } };
}

function refuse(
  { log }: Receiver,
  { stream }: Run,
  seq: number,
  code: RefusalCode,
  cause: Problem | null = null,
): RunEnd {
  return { kind: "refused", refusal: blockRefusal(code, log, stream, seq, cause) };
}

/** The block, if it is one and continues its own stream here; else what is wrong with it. */
function readInPlace(
  bytes: Uint8Array,
  stream: StreamName,
  seq: number,
  prev: string | null,
): Block | RefusalCode {
  const header = decodeBlock(bytes);
  if (header === null) return "malformed-block";
  if (header.stream !== stream || header.seq !== seq) return "wrong-place";
  return header.prev === prev ? header : "broken-chain";
}

/** What is wrong with where the block stands to the ends of epochs (C3); null if nothing. */
function beyondEpoch(header: Block, state: StreamState, place: Stream): RefusalCode | null {
  if (state.closedAt !== null && header.seq > state.closedAt) return "closed-stream";
  if (header.closes === null) return null;
  return header.seq === 1 && header.closes.epoch !== toHex(place.epoch) ? null : "misplaced-closing";
}
