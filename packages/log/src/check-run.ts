import { type OpenBlock, openBlock } from "@darksync/core/block";
import type { PublicKey, Verify } from "@darksync/core/ports";
import type { LogName } from "@darksync/core/vector";
import { blockRefusal, type RefusalCode } from "./block-refusal.js";
import type { Candidate, ExaminedRun, RunEnd } from "./examine-run.js";
import type { BudgetedPorts } from "./expansion-budget.js";

/**
 * Which signatures of a run are checked. `last`: that of its last block, which vouches for those before it by the chain.
 * `each`: for whoever passes blocks on, and may cut a run anywhere.
 */
export type CheckedSignatures = "last" | "each";

/** What checking a run takes. */
export interface CheckPorts extends BudgetedPorts {
  readonly verify: Verify;
  readonly signatures: CheckedSignatures;
}

/** A block that continues its chain, and is signed or vouched for by one that is. */
export interface CheckedBlock extends Candidate {
  readonly opened: OpenBlock;
}

/** The run up to where its chain and its signatures go. */
export async function checkRun(
  ports: CheckPorts,
  log: LogName,
  run: ExaminedRun,
): Promise<{ readonly blocks: readonly CheckedBlock[]; readonly end: RunEnd }> {
  const refuse = (code: RefusalCode, seq: number): RunEnd => {
    return { kind: "refused", refusal: blockRefusal(code, log, run.stream, seq) };
  };
  const { contradiction, device } = run;
  if (contradiction !== null) {
    const isFork = await isSigned(ports.verify, device, contradiction);
    return { blocks: [], end: refuse(isFork ? "fork" : "bad-signature", contradiction.header.seq) };
  }
  const chain = new Chain(ports, device);
  const end = await followChain(ports, chain, run, refuse);
  await chain.settle();
  const [firstUnsigned] = chain.unsigned;
  return {
    blocks: chain.signed,
    end: firstUnsigned === undefined ? end : refuse("bad-signature", firstUnsigned.header.seq),
  };
}

async function followChain(
  ports: CheckPorts,
  chain: Chain,
  run: ExaminedRun,
  refuse: (code: RefusalCode, seq: number) => RunEnd,
): Promise<RunEnd> {
  let { prev } = run;
  for (const candidate of run.candidates) {
    const { header } = candidate;
    if (header.prev !== prev) return refuse("broken-chain", header.seq);
    if (!ports.budget.take(header.payloadBytes)) {
      // Room comes back with what turns out to be signed.
      await chain.settle();
      if (chain.unsigned.length > 0 || !ports.budget.take(header.payloadBytes)) return { kind: "ask-again" };
    }
    const opened = openBlock(ports, header);
    if (opened === null) return refuse("malformed-block", header.seq);
    chain.unsigned.push({ ...candidate, opened });
    prev = opened.hash;
  }
  return run.end;
}

/** The blocks of one stream that follow each other, and how far they are known to be signed. */
class Chain {
  readonly signed: CheckedBlock[] = [];
  unsigned: CheckedBlock[] = [];
  readonly #ports: CheckPorts;
  readonly #device: PublicKey;

  constructor(ports: CheckPorts, device: PublicKey) {
    this.#ports = ports;
    this.#device = device;
  }

  /** Moves what is signed to the signed ones. */
  async settle(): Promise<void> {
    const { verify, signatures } = this.#ports;
    const count = await (signatures === "each" ? signedOnes : signedPrefix)(
      verify,
      this.#device,
      this.unsigned,
    );
    const signed = this.unsigned.slice(0, count);
    this.unsigned = this.unsigned.slice(count);
    this.signed.push(...signed);
    for (const { header } of signed) this.#ports.budget.vouch(header.payloadBytes);
  }
}

// A good signature vouches, by the chain, for everything before it. A device signs all its blocks, and nobody else can
// sign one or continue a forged one, so good signatures come first and bad ones after: the border is found by halving.
// Were a device to leave blocks unsigned in between, what is found is still vouched for, if not all of what could be.
async function signedPrefix(
  verify: Verify,
  device: PublicKey,
  blocks: readonly CheckedBlock[],
): Promise<number> {
  let signedCount = 0;
  let possible = blocks.length;
  let probe = possible;
  while (signedCount < possible) {
    const last = blocks[probe - 1];
    if (last !== undefined && (await isSigned(verify, device, last.opened))) signedCount = probe;
    else possible = probe - 1;
    probe = Math.ceil((signedCount + possible) / 2);
  }
  return signedCount;
}

/** How many blocks are signed up to the first that is not. */
async function signedOnes(
  verify: Verify,
  device: PublicKey,
  blocks: readonly CheckedBlock[],
): Promise<number> {
  for (const [index, { opened }] of blocks.entries())
    if (!(await isSigned(verify, device, opened))) return index;
  return blocks.length;
}

function isSigned(verify: Verify, device: PublicKey, { signed, signature }: OpenBlock): Promise<boolean> {
  return verify(device, signed, signature);
}
