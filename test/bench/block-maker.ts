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

/** A new stream of one device in one log: signs blocks as a replica does, and keeps only where it is. */
export class BlockMaker {
  readonly stream: StreamName;
  readonly #signer: Signer;
  #seq = 0;
  #prev: string;

  constructor(signer: Signer, space: string, log: LogName) {
    this.#signer = signer;
    this.stream = streamName({ device: signer.publicKey, epoch: systemRandom(epochBytes) });
    this.#prev = streamRoot(sha256, space, log, this.stream);
  }

  /** The next block with these changes, framed as an update of the log. */
  async update(changes: readonly Uint8Array[]): Promise<Uint8Array> {
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
    return encodeAppends(sha256, firstHead, [{ stream: this.stream, firstSeq: this.#seq, blocks: [block] }]);
  }
}
