import {
  type BlockHeader,
  blockHash,
  type Closing,
  decodeBlock,
  encodeUnsignedBlock,
  joinSignature,
  openBlock,
  streamRoot,
  type UnsignedBlock,
} from "@darksync/core/block";
import { toHex } from "@darksync/core/bytes";
import { type StreamName, streamName } from "@darksync/core/stream";
import type { LogName, Seen, Vector } from "@darksync/core/vector";
import type { AdmittedBlock } from "../../src/admission.js";
import type { AdmissionView, Authority, StreamState } from "../../src/admission-view.js";
import { compression, newKey, sha256, type TestKey } from "./ports.js";

const ports = { hash: sha256, compression };

export const space = "space-1";
export const log: LogName = "main/Stripe";

/** Bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A name of a stream whose key and epoch are made of one number, for tests without signatures. */
export function plainStream(number: number): StreamName {
  const device = new Uint8Array(32).fill(number);
  return streamName({ device, epoch: new Uint8Array(8).fill(number) });
}

/** What of a block a test wants different. */
export interface Differences extends Partial<BlockHeader> {
  readonly changes?: readonly Uint8Array[];
  readonly signer?: TestKey;
  /** Alters the packed bytes before they are signed. */
  readonly alter?: (packed: Uint8Array) => Uint8Array;
}

/** A device that writes one stream of one log. */
export class Author {
  readonly key: TestKey;
  readonly stream: StreamName;
  readonly root: string;
  readonly blocks: Uint8Array[] = [];

  constructor(
    options: {
      readonly key?: TestKey;
      readonly epoch?: number;
      readonly space?: string;
      readonly log?: LogName;
    } = {},
  ) {
    this.key = options.key ?? newKey();
    const epoch = new Uint8Array(8).fill(options.epoch ?? 1);
    this.stream = streamName({ device: this.key.publicKey, epoch });
    this.root = streamRoot(sha256, options.space ?? space, options.log ?? log, this.stream);
  }

  /** A signed block for the end of the stream, not appended. */
  block(differences: Differences = {}): Uint8Array {
    const { changes = [bytesOf(`change ${this.blocks.length}`)], signer, alter, ...header } = differences;
    const unsigned = encodeUnsignedBlock(
      ports,
      {
        stream: this.stream,
        seq: this.blocks.length + 1,
        prev: this.lastHash(),
        closes: null,
        auth: new Map(),
        seen: new Map(),
        ...header,
      },
      changes,
    );
    const altered = alter === undefined ? unsigned : signable(alter(unsigned.packed));
    return joinSignature(altered, (signer ?? this.key).sign(altered.signed));
  }

  /** Appends blocks, and gives them back. */
  write(count: number, differences: Differences = {}): readonly Uint8Array[] {
    const from = this.blocks.length;
    for (let left = count; left > 0; left -= 1) this.blocks.push(this.block(differences));
    return this.blocks.slice(from);
  }

  lastHash(): string {
    const last = this.blocks.at(-1);
    return last === undefined ? this.root : hashOf(last);
  }

  run(firstSeq = 1): { stream: StreamName; firstSeq: number; blocks: Uint8Array[] } {
    return { stream: this.stream, firstSeq, blocks: this.blocks.slice(firstSeq - 1) };
  }
}

/** What a device would sign of altered bytes; of what is no block, the bytes. */
function signable(packed: Uint8Array): UnsignedBlock {
  const block = decodeBlock(joinSignature({ packed, signed: packed }, new Uint8Array(64)));
  const opened = block === null ? null : openBlock(ports, block);
  return { packed, signed: opened?.signed ?? packed };
}

/** The hash of what is a block; of what is none, that of its bytes. */
function hashOf(block: Uint8Array): string {
  return blockHash(ports, block) ?? toHex(sha256(block));
}

/** A closing of an author's epoch after `seq` blocks. */
export function closingOf(author: Author, seq: number): Closing {
  const block = author.blocks[seq - 1];
  const hash = block === undefined ? author.root : hashOf(block);
  return { epoch: author.stream.slice(65), seq, hash };
}

/** A receiver that holds blocks of one log, as admission reads it. */
export class Holder implements AdmissionView {
  readonly closedAt: Map<StreamName, number> = new Map();
  readonly asked: { device: string; auth: Vector }[] = [];
  authorityOf: (device: string, auth: Vector) => Authority = () => ({ kind: "allowed" });
  readonly #streams = new Map<StreamName, { blocks: Uint8Array[]; auth: Vector }>();
  readonly #space: string;
  readonly #log: LogName;

  constructor(inSpace: string = space, inLog: LogName = log) {
    this.#space = inSpace;
    this.#log = inLog;
  }

  stream(name: StreamName): StreamState {
    const held = this.#streams.get(name);
    const seq = held?.blocks.length ?? 0;
    const closedAt = this.closedAt.get(name) ?? null;
    return { seq, hash: this.hashAt(name, seq) ?? "", auth: held?.auth ?? new Map(), closedAt };
  }

  hashAt(name: StreamName, seq: number): string | null {
    if (seq === 0) return streamRoot(sha256, this.#space, this.#log, name);
    const block = this.#streams.get(name)?.blocks[seq - 1];
    return block === undefined ? null : hashOf(block);
  }

  authority(device: string, auth: Vector): Authority {
    this.asked.push({ device, auth });
    return this.authorityOf(device, auth);
  }

  store(admitted: readonly AdmittedBlock[]): void {
    for (const { header, bytes, auth } of admitted) {
      const held = this.#streams.get(header.stream) ?? { blocks: [], auth };
      held.blocks.push(bytes);
      this.#streams.set(header.stream, { blocks: held.blocks, auth });
    }
  }

  vector(): Vector {
    return new Map([...this.#streams].map(([name, { blocks }]) => [name, blocks.length]));
  }

  blocks(name: StreamName): readonly Uint8Array[] {
    return this.#streams.get(name)?.blocks ?? [];
  }
}

/** A `seen` of one stream in one log. */
export function seenOf(logName: LogName, stream: StreamName, seq: number): Seen {
  return new Map([[logName, new Map([[stream, seq]])]]);
}
