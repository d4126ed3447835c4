import { type Block, type BlockPorts, readChanges } from "@darksync/core/block";
import type { Verify } from "@darksync/core/ports";
import type { StreamName } from "@darksync/core/stream";
import type { LogName, Vector } from "@darksync/core/vector";
import type { AdmissionView } from "./admission-view.js";
import { type BlockRefusal, blockRefusal } from "./block-refusal.js";
import { type CheckedBlock, type CheckedSignatures, checkRun } from "./check-run.js";
import { examineRun, type RunEnd } from "./examine-run.js";
import { ExpansionBudget } from "./expansion-budget.js";
import type { Run } from "./update.js";

/** What admission needs from outside. */
export interface AdmissionPorts extends BlockPorts {
  readonly verify: Verify;
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

// Once so many changes are unpacked, the rest waits too: 49,152 empty ones fit in a block of 200 bytes.
const manyChanges = 256 * 1024;

/**
 * Says which blocks of `runs` (at most one a stream) may be stored: those that continue their chain, are signed by
 * their device and were written with the right to (L2). Runs do not affect each other. Costs one signature check a
 * run and each 4 MiB, and the logarithm of its length more if that fails; or one a block (`signatures`). `view` is read
 * before the first wait and not after: whoever stores the blocks must not have stored others of the same log meanwhile.
 * Total: never rejects for hostile bytes.
 */
export async function admitRuns(
  ports: AdmissionPorts,
  log: LogName,
  view: AdmissionView,
  runs: readonly Run[],
  signatures: CheckedSignatures = "last",
): Promise<Admission> {
  const budgeted = { ...ports, signatures, budget: new ExpansionBudget() };
  const examined = runs.map((run) => examineRun({ ports: budgeted, log, view }, run));
  const found = new Findings(log);
  for (const run of examined) {
    const { blocks, end } = await checkRun(budgeted, log, run);
    found.add(run.stream, blocks, end);
  }
  return found;
}

/** What was found of the runs so far. */
class Findings implements Admission {
  readonly admitted: AdmittedBlock[] = [];
  readonly refused: BlockRefusal[] = [];
  readonly waiting: StreamName[] = [];
  readonly askAgain: StreamName[] = [];
  readonly #log: LogName;
  #changesLeft = manyChanges;

  constructor(log: LogName) {
    this.#log = log;
  }

  /** Takes a run's blocks as far as their changes can be read. */
  add(stream: StreamName, blocks: readonly CheckedBlock[], end: RunEnd): void {
    for (const { opened, ...candidate } of blocks) {
      const changes = this.#changesLeft > 0 ? readChanges(opened.expanded) : null;
      if (changes === null) {
        this.#end(stream, this.#changesLeft > 0 ? this.#badPayload(candidate.header) : { kind: "ask-again" });
        return;
      }
      this.#changesLeft -= changes.length;
      this.admitted.push({ ...candidate, hash: opened.hash, changes });
    }
    this.#end(stream, end);
  }

  #badPayload({ stream, seq }: Block): RunEnd {
    return { kind: "refused", refusal: blockRefusal("bad-payload", this.#log, stream, seq) };
  }

  #end(stream: StreamName, end: RunEnd): void {
    switch (end.kind) {
      case "complete":
        return;
      case "refused":
        this.refused.push(end.refusal);
        return;
      case "wait":
        this.waiting.push(stream);
        return;
      case "ask-again":
        this.askAgain.push(stream);
        return;
    }
  }
}
