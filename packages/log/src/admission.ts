import { type Block, readPayload } from "@darksync/core/block";
import type { Compression, Hash, PublicKey, Verify } from "@darksync/core/ports";
import type { StreamName } from "@darksync/core/stream";
import type { LogName, Vector } from "@darksync/core/vector";
import type { AdmissionView } from "./admission-view.js";
import { type BlockRefusal, blockRefusal } from "./block-refusal.js";
import { type Candidate, type ExaminedRun, examineRun } from "./examine-run.js";
import type { Run } from "./update.js";

/** What admission needs from outside. */
export interface AdmissionPorts {
  readonly hash: Hash;
  readonly verify: Verify;
  readonly compression: Compression;
}

/** A block that may be stored. */
export interface AdmittedBlock {
  readonly bytes: Uint8Array;
  /** Hex. */
  readonly hash: string;
  readonly header: Block;
  /** For the next `StreamState.auth`. */
  readonly auth: Vector;
  /** Its encoded changes, unpacked but not decoded. */
  readonly changes: readonly Uint8Array[];
}

/** What became of some runs. */
export interface Admission {
  /** In the order of the runs, and in each from its first new block on without a gap. */
  readonly admitted: readonly AdmittedBlock[];
  /** At most one a run: the first block that was refused. What follows it was not looked at. */
  readonly refused: readonly BlockRefusal[];
  /** Streams whose next block waits for auth ops. */
  readonly waiting: readonly StreamName[];
  /** Streams whose run begins beyond what is held or is too much for one call: ask again with the new vector. */
  readonly askAgain: readonly StreamName[];
}

/** How many bytes of changes one call unpacks at most, so that a small message cannot fill the memory. */
export const maxExpandedBytes: number = 64 * 1024 * 1024;
// Once so many changes are unpacked, the rest waits too: 65,536 empty ones fit in a block of 200 bytes.
const manyChanges = 256 * 1024;

/**
 * Says which blocks of `runs` (at most one a stream) may be stored: those that continue their chain, are signed by
 * their device and were written with the right to (L2). Runs do not affect each other. Costs one signature check a
 * run, and the logarithm of its length more if that fails. `view` is read before the first wait and not after:
 * whoever stores the blocks must not have stored others of the same log meanwhile. Total: never rejects for hostile
 * bytes.
 */
export async function admitRuns(
  ports: AdmissionPorts,
  log: LogName,
  view: AdmissionView,
  runs: readonly Run[],
): Promise<Admission> {
  const examined = runs.map((run) => examineRun({ hash: ports.hash, log, view }, run));
  const signed = await Promise.all(examined.map((run) => checkSignature(ports.verify, log, run)));
  return unpack(ports.compression, log, signed);
}

/** The run up to where it is signed. */
async function checkSignature(verify: Verify, log: LogName, run: ExaminedRun): Promise<ExaminedRun> {
  const { device, candidates, contradiction } = run;
  if (contradiction !== null) {
    const isFork = await isSigned(verify, device, contradiction);
    const refusal = blockRefusal(
      isFork ? "fork" : "bad-signature",
      log,
      run.stream,
      contradiction.header.seq,
    );
    return { ...run, end: { kind: "refused", refusal } };
  }
  const count = await signedPrefix(verify, device, candidates);
  const firstUnsigned = candidates[count];
  if (firstUnsigned === undefined) return run;
  const refusal = blockRefusal("bad-signature", log, run.stream, firstUnsigned.header.seq);
  return { ...run, candidates: candidates.slice(0, count), end: { kind: "refused", refusal } };
}

// A good signature vouches, by the chain, for everything before it. A device signs all its blocks, and nobody else can
// sign one or continue a forged one, so good signatures come first and bad ones after: the border is found by halving.
// Were a device to leave blocks unsigned in between, what is found is still vouched for, if not all of what could be.
async function signedPrefix(
  verify: Verify,
  device: PublicKey,
  candidates: readonly Candidate[],
): Promise<number> {
  let signedCount = 0;
  let possible = candidates.length;
  let probe = possible;
  while (signedCount < possible) {
    const last = candidates[probe - 1];
    if (last !== undefined && (await isSigned(verify, device, last))) signedCount = probe;
    else possible = probe - 1;
    probe = Math.ceil((signedCount + possible) / 2);
  }
  return signedCount;
}

function isSigned(verify: Verify, device: PublicKey, { header }: Candidate): Promise<boolean> {
  return verify(device, header.signed, header.signature);
}

// After the signatures: unpacking is what a forger could make us pay most for.
function unpack(compression: Compression, log: LogName, runs: readonly ExaminedRun[]): Admission {
  const admission = {
    admitted: [] as AdmittedBlock[],
    refused: [] as BlockRefusal[],
    waiting: [] as StreamName[],
    askAgain: [] as StreamName[],
  };
  let bytesLeft = maxExpandedBytes;
  let changesLeft = manyChanges;
  for (const { stream, candidates, end } of runs) {
    let reached = end;
    for (const candidate of candidates) {
      bytesLeft -= candidate.header.payloadBytes;
      const isTooMuch = bytesLeft < 0 || changesLeft <= 0;
      const changes = isTooMuch ? null : readPayload(compression, candidate.header);
      if (changes === null) {
        reached = isTooMuch
          ? { kind: "ask-again" }
          : {
              kind: "refused",
              refusal: blockRefusal("bad-payload", log, stream, candidate.header.seq),
            };
        break;
      }
      changesLeft -= changes.length;
      admission.admitted.push({ ...candidate, changes });
    }
    if (reached.kind === "refused") admission.refused.push(reached.refusal);
    if (reached.kind === "wait") admission.waiting.push(stream);
    if (reached.kind === "ask-again") admission.askAgain.push(stream);
  }
  return admission;
}
