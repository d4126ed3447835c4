import {
  type BlockHeader,
  encodeUnsignedBlock,
  joinSignature,
  signedHash,
  streamRoot,
} from "@darksync/core/block";
import type { Signer } from "@darksync/core/ports";
import { epochBytes, type StreamName, streamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import { firstHead } from "@darksync/log/head";
import { encodeAppends } from "@darksync/log/update";
import { nodeCompression, sha256, systemRandom } from "@darksync/node/crypto";

// As in packages/runtime/src/replica/prepare.ts.
const payloadBytes = 352 * 1024;
const maxChangesPerBlock = 4096;

/** A new stream of one device in one log: signs blocks as a replica does, and keeps only where it is. */
export class BlockMaker {
  readonly stream: StreamName;
  /** How many changes lie in the stream up to each of its blocks, by seq. */
  readonly changeCounts: number[] = [0];
  readonly #signer: Signer;
  #seq = 0;
  #prev: string;

  constructor(signer: Signer, space: string, log: LogName) {
    this.#signer = signer;
    this.stream = streamName({ device: signer.publicKey, epoch: systemRandom(epochBytes) });
    this.#prev = streamRoot(sha256, space, log, this.stream);
  }

  /** These changes in as few blocks as a replica puts them in, framed as one update of the log. */
  async update(changes: readonly Uint8Array[]): Promise<Uint8Array> {
    const firstSeq = this.#seq + 1;
    const blocks: Uint8Array[] = [];
    for (const group of intoBlocks(changes)) blocks.push(await this.#block(group));
    return encodeAppends(sha256, firstHead, [{ stream: this.stream, firstSeq, blocks }]);
  }

  async #block(changes: readonly Uint8Array[]): Promise<Uint8Array> {
    const header: BlockHeader = {
      stream: this.stream,
      seq: this.#seq + 1,
      prev: this.#prev,
      closes: null,
      auth: new Map(),
      seen: new Map(),
    };
    const ports = { hash: sha256, compression: nodeCompression };
    const unsigned = encodeUnsignedBlock(ports, header, changes);
    const signature = await this.#signer.sign(unsigned.signed);
    const block = joinSignature(unsigned, signature);
    this.#seq += 1;
    this.#prev = signedHash(sha256, unsigned.signed, signature);
    this.changeCounts.push((this.changeCounts.at(-1) ?? 0) + changes.length);
    return block;
  }
}

function intoBlocks(changes: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  const blocks: Uint8Array[][] = [];
  let bytesLeft = 0;
  for (const change of changes) {
    const block = blocks.at(-1);
    if (block !== undefined && bytesLeft >= change.length && block.length < maxChangesPerBlock) {
      block.push(change);
      bytesLeft -= change.length;
    } else {
      blocks.push([change]);
      bytesLeft = payloadBytes - change.length;
    }
  }
  return blocks;
}
