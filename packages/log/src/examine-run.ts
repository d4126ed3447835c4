import { type Block, type BlockHeader, decodeBlock, type OpenBlock, openBlock } from "@darksync/core/block";
import { toHex } from "@darksync/core/bytes";
import type { PublicKey } from "@darksync/core/ports";
import type { Problem } from "@darksync/core/result";
import { deviceOf, parseStreamName, type Stream, type StreamName } from "@darksync/core/stream";
import { type LogName, type Vector, vectorMaximum } from "@darksync/core/vector";
import type { AdmissionView, Authority, StreamState } from "./admission-view.js";
import { type BlockRefusal, blockRefusal, type RefusalCode } from "./block-refusal.js";
import type { BudgetedPorts } from "./expansion-budget.js";
import type { Run } from "./update.js";

/** A block that is in its place and may be there; its chain, signature and payload were not looked at. */
export interface Candidate {
  readonly bytes: Uint8Array;
  readonly header: Block;
  readonly auth: Vector;
}

/** Why a run is not taken any further. */
export type RunEnd =
  | { readonly kind: "complete" }
  | { readonly kind: "wait" }
  | { readonly kind: "ask-again" }
  | { readonly kind: "refused"; readonly refusal: BlockRefusal };

/** A run as far as it can be judged by headers and by what is held. */
export interface ExaminedRun {
  readonly stream: StreamName;
  readonly device: PublicKey;
  /** Hex: what the first of the candidates has to name as its `prev`. */
  readonly prev: string;
  readonly candidates: readonly Candidate[];
  /** A block in the place of one that is held: a fork if its device signed it. */
  readonly contradiction: OpenBlock | null;
  readonly end: RunEnd;
}

const nothing = { device: new Uint8Array(0), prev: "", candidates: [], contradiction: null } as const;

/** What a run is judged by. */
interface Receiver {
  readonly ports: BudgetedPorts;
  readonly log: LogName;
  readonly view: AdmissionView;
}

/** Compares a run with what is held, and looks where its new blocks stand. Reads all that is needed of the view. */
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
  if (difference === null) return { ...base, prev: state.hash, ...newBlocks(receiver, run, state, place) };
  return "kind" in difference
    ? { ...base, end: difference }
    : { ...base, contradiction: difference, end: { kind: "complete" } };
}

/** The first block that is not the one held in its place, or why it may not be one at all. Null if there is none. */
function differenceFromHeld(receiver: Receiver, run: Run, state: StreamState): OpenBlock | RunEnd | null {
  const { ports, view } = receiver;
  for (const [index, bytes] of run.blocks.entries()) {
    const seq = run.firstSeq + index;
    if (seq > state.seq) return null;
    const held = view.hashAt(run.stream, seq);
    if (held === null) continue;
    const header = readInPlace(bytes, run.stream, seq);
    if (typeof header === "string") return refuse(receiver, run, seq, header);
    if (!ports.budget.take(header.payloadBytes)) return { kind: "ask-again" };
    const opened = openBlock(ports, header);
    if (opened === null) return refuse(receiver, run, seq, "malformed-block");
    if (opened.hash !== held) {
      const isChained = header.prev === view.hashAt(run.stream, seq - 1);
      return isChained ? opened : refuse(receiver, run, seq, "broken-chain");
    }
    ports.budget.giveBack(header.payloadBytes);
  }
  return null;
}

/** The new blocks of the run, up to the first that may not be where it is. */
function newBlocks(
  receiver: Receiver,
  run: Run,
  state: StreamState,
  place: Stream,
): Pick<ExaminedRun, "candidates" | "end"> {
  const { view } = receiver;
  const candidates: Candidate[] = [];
  let last: Pick<StreamState, "seq" | "auth"> = state;
  let authority: Authority | null = null;
  for (const bytes of run.blocks.slice(state.seq + 1 - run.firstSeq)) {
    const seq = last.seq + 1;
    const header = readInPlace(bytes, run.stream, seq);
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
    last = { seq, auth };
    candidates.push({ bytes, header, auth });
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

/** The block, if it is one and names its place; else what is wrong with it. */
function readInPlace(bytes: Uint8Array, stream: StreamName, seq: number): Block | RefusalCode {
  const header = decodeBlock(bytes);
  if (header === null) return "malformed-block";
  return header.stream === stream && header.seq === seq ? header : "wrong-place";
}

/** What is wrong with where a block stands to the ends of epochs (C3); null if nothing. */
export function beyondEpoch(header: BlockHeader, state: StreamState, place: Stream): RefusalCode | null {
  if (state.closedAt !== null && header.seq > state.closedAt) return "closed-stream";
  if (header.closes === null) return null;
  return header.seq === 1 && header.closes.epoch !== toHex(place.epoch) ? null : "misplaced-closing";
}
