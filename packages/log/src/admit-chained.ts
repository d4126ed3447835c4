import type { BlockHeader } from "@darksync/core/block";
import { deviceOf, parseStreamName, type StreamName } from "@darksync/core/stream";
import { type LogName, type Vector, vectorMaximum } from "@darksync/core/vector";
import type { AdmissionView, Authority } from "./admission-view.js";
import { blockRefusal, type RefusalCode } from "./block-refusal.js";
import { beyondEpoch, type RunEnd } from "./examine-run.js";

/** A block whose place in its chain is checked. */
export interface ChainedBlock {
  readonly header: BlockHeader;
  /** Hex. */
  readonly hash: string;
}

/** Blocks of one stream that name each other, and of which the last is signed by the stream's device. */
export interface ChainedRun<Chained extends ChainedBlock> {
  readonly stream: StreamName;
  readonly firstSeq: number;
  /** Hex: the `prev` of the first block. */
  readonly prev: string;
  readonly blocks: readonly Chained[];
}

/**
 * Says which blocks of a run out of a segment may be stored: by the same rules as what comes block by block
 * (`admitRuns`), chain and signature being checked already. Blocks that are held are left out.
 */
export function admitChained<Chained extends ChainedBlock>(
  log: LogName,
  view: AdmissionView,
  run: ChainedRun<Chained>,
): { readonly admitted: readonly Chained[]; readonly end: RunEnd } {
  const { stream, firstSeq, blocks } = run;
  const refuse = (code: RefusalCode, seq: number): RunEnd => {
    return { kind: "refused", refusal: blockRefusal(code, log, stream, seq) };
  };
  const place = parseStreamName(stream);
  if (place === null) return { admitted: [], end: refuse("malformed-block", firstSeq) };
  const state = view.stream(stream);
  if (firstSeq > state.seq + 1) return { admitted: [], end: { kind: "ask-again" } };
  const heldCount = Math.min(state.seq + 1 - firstSeq, blocks.length);
  const lastHeld = heldCount === 0 ? run.prev : (blocks[heldCount - 1]?.hash ?? run.prev);
  // One device's blocks that differ from the ones held: whoever asks for them one by one learns which.
  if (lastHeld !== view.hashAt(stream, firstSeq + heldCount - 1))
    return { admitted: [], end: refuse("broken-chain", firstSeq + heldCount) };
  const admitted: Chained[] = [];
  let auth: Vector = state.auth;
  let authority: Authority | null = null;
  for (const block of blocks.slice(heldCount)) {
    const { header } = block;
    const code = beyondEpoch(header, state, place);
    if (code !== null) return { admitted, end: refuse(code, header.seq) };
    const reached: Vector = header.auth.size === 0 ? auth : vectorMaximum(auth, header.auth);
    // The answer is the same for as long as the vector is.
    if (authority === null || reached !== auth) authority = view.authority(deviceOf(stream), reached);
    auth = reached;
    if (authority.kind === "wait") return { admitted, end: { kind: "wait" } };
    if (authority.kind === "refused") return { admitted, end: refuse("no-authority", header.seq) };
    admitted.push(block);
  }
  return { admitted, end: { kind: "complete" } };
}
