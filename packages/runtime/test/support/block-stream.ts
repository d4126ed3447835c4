import { encodeUnsignedBlock, joinSignature, signedHash, streamRoot } from "@darksync/core/block";
import { encodeChange } from "@darksync/core/change";
import type { Signer } from "@darksync/core/ports";
import { epochBytes, type StreamName, streamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import { firstHead } from "@darksync/log/head";
import { encodeAppends } from "@darksync/log/update";
import { nodeCompression, sha256, systemRandom } from "@darksync/node/crypto";

const ports = { hash: sha256, compression: nodeCompression };
/** A change of a kind that nobody knows: whoever keeps blocks keeps it. */
const unknownChange = new Uint8Array([9, 1]);

/** A new stream of a device, and its blocks one after the other, without a replica. */
export class BlockStream {
  readonly name: StreamName;
  readonly #signer: Signer;
  #seq = 0;
  #prev: string;

  constructor(signer: Signer, space: string, log: LogName) {
    this.#signer = signer;
    this.name = streamName({ device: signer.publicKey, epoch: systemRandom(epochBytes) });
    this.#prev = streamRoot(sha256, space, log, this.name);
  }

  /** The next block, as an update of the log. */
  async next(changes: readonly Uint8Array[] = [unknownChange]): Promise<Uint8Array> {
    const place = { stream: this.name, seq: this.#seq + 1, prev: this.#prev };
    const header = { ...place, closes: null, auth: new Map(), seen: new Map() };
    const unsigned = encodeUnsignedBlock(ports, header, changes);
    const signature = await this.#signer.sign(unsigned.signed);
    this.#seq += 1;
    this.#prev = signedHash(sha256, unsigned.signed, signature);
    const blocks = [joinSignature(unsigned, signature)];
    return encodeAppends(sha256, firstHead, [{ stream: this.name, firstSeq: this.#seq, blocks }]);
  }
}

/** The update of `auth` by which a device introduces itself. */
export function introduction(signer: Signer, space: string): Promise<Uint8Array> {
  const ops = [{ type: "IntroduceDevice", member: "Eve", supersedes: [] } as const];
  const change = { rules: 1, nonce: "00".repeat(6), time: { wallMs: 0, counter: 0 }, ops };
  return new BlockStream(signer, space, "auth").next([encodeChange(change)]);
}
