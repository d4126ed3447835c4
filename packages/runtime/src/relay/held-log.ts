import { type BlockPorts, streamRoot } from "@darksync/core/block";
import type { Hash } from "@darksync/core/ports";
import { deviceOf, type StreamName } from "@darksync/core/stream";
import type { LogName, Vector } from "@darksync/core/vector";
import type { AdmittedBlock } from "@darksync/log/admission";
import type { AdmissionView, Authority, StreamState } from "@darksync/log/admission-view";
import { clientIdOf } from "@darksync/log/client-id";
import { firstHead } from "@darksync/log/head";
import type { KnownStream } from "@darksync/log/update";
import { logDigest, tagOf } from "@darksync/sync/digest";
import { encodeMessage, type StreamHead } from "@darksync/sync/message";
import { authLog } from "@darksync/sync/wanted";
import type { BlockStore, Tip } from "../store/block-store.js";
import { damagedStore, soundBlocks } from "../store/sound-blocks.js";
import type { RelayStore } from "../store/store.js";

/**
 * What a relay remembers of a log that somebody uses: where its streams end, with the blocks that were checked and wait
 * for their commit, and beside it what is durable of that (L5). It is made of rows, so it may be forgotten whenever
 * nothing is on its way.
 */
export class HeldLog {
  readonly log: LogName;
  /** Commits with blocks of this log since it is held. */
  commitCount = 0;
  /** Blocks that are committed and perhaps not durable. */
  undurableCount = 0;
  /** Whether it was used since it was last looked at. */
  wasUsed = true;
  readonly #hash: Hash;
  readonly #store: RelayStore;
  readonly #space: string;
  #isBehind = false;
  readonly #tips = new Map<StreamName, Tip>();
  /** Streams by client id; made when somebody asks for it, as the devices are: thousands of logs may be held. */
  #clients: Map<number, StreamName> | null = null;
  #devices: Set<string> | null = null;
  #closedAt: Map<StreamName, number | null> | null = null;
  /** Hashes of the blocks that were checked and wait for their commit; null: none. */
  #uncommitted: Map<string, string> | null = null;
  /** Null: all of `#tips`, as the rows said. */
  #durable: Map<StreamName, StreamHead> | null = null;
  #digest: string | null = null;
  /** Kept from the second time on: most logs have one client that asks, and some have hundreds at once. */
  #stateMessage: Uint8Array | null = null;
  #wasStateAsked = false;

  /** Reads the rows. What they say must be durable, or be waited for before it is told to anybody. */
  constructor(hash: Hash, store: RelayStore, space: string, log: LogName) {
    this.#hash = hash;
    this.#store = store;
    this.#space = space;
    this.log = log;
    this.#readTips();
  }

  /** Where the streams end, what is not committed yet included. */
  get tips(): ReadonlyMap<StreamName, Tip> {
    return this.#tips;
  }

  get durableHeads(): readonly StreamHead[] {
    return this.#durable === null
      ? [...this.#tips].map(([stream, tip]) => headOf(stream, tip))
      : [...this.#durable.values()];
  }

  get durableVector(): Vector {
    return new Map([...(this.#durable ?? this.#tips)].map(([stream, { seq }]) => [stream, seq]));
  }

  /** The message `state` with all that is durable. */
  get stateMessage(): Uint8Array {
    const message =
      this.#stateMessage ?? encodeMessage({ type: "state", log: this.log, heads: this.durableHeads });
    if (this.#wasStateAsked) this.#stateMessage = message;
    this.#wasStateAsked = true;
    return message;
  }

  /** Digest of what is durable; null if nothing is. */
  get digest(): string | null {
    if ((this.#durable ?? this.#tips).size === 0) return null;
    this.#digest ??= logDigest(this.#hash, this.log, this.durableHeads);
    return this.#digest;
  }

  /** Finds streams by the client ids of the head document. */
  known(client: number): KnownStream | null {
    const stream = this.#clientMap().get(client);
    return stream === undefined ? null : { stream, nextSeq: this.#seqOf(stream) + 1 };
  }

  /** What the sender of a state vector holds of the streams held here. */
  vectorOf(clocks: ReadonlyMap<number, number>): Vector {
    const vector = new Map<StreamName, number>();
    if (clocks.size === 0) return vector;
    const clients = this.#clientMap();
    for (const [client, clock] of clocks) {
      const stream = clients.get(client);
      if (stream !== undefined && clock > 0) vector.set(stream, clock);
    }
    return vector;
  }

  /** What admission needs to know. `auth`: the space's log of devices, this one itself if it is that. */
  view(auth: HeldLog): AdmissionView {
    return {
      stream: (stream) => this.#stateOf(stream),
      hashAt: (stream, seq) => this.#hashAt(stream, seq),
      authority: (device, vector) =>
        this.log === authLog ? { kind: "allowed" } : auth.#authority(device, vector),
    };
  }

  /**
   * Throws a `StoreError` if one of these blocks is held and not what it was: whoever is told that his do not fit makes
   * new ones, so that has to be true.
   */
  expectSound(ports: BlockPorts, stream: StreamName, firstSeq: number, lastSeq: number): void {
    for (let seq = Math.max(1, firstSeq); seq <= Math.min(lastSeq, this.#seqOf(stream)); seq += 1) {
      if (this.#uncommitted?.has(`${stream} ${seq}`) === true) continue;
      this.#store.read(({ blocks }) => {
        const [stored] = soundBlocks(ports, blocks).read(this.log, stream, seq, 1);
        const tip = this.#tips.get(stream);
        const isTip = tip?.seq !== seq || tip.hash === stored?.hash;
        if (stored?.seq !== seq || !isTip)
          throw damagedStore(`block ${seq} of the stream ${stream} in ${this.log} is not the one noted`);
      });
    }
  }

  /** Notes blocks that are going to be committed. Whoever cannot commit them forgets this log. */
  take(blocks: readonly AdmittedBlock[]): void {
    this.#durable ??= new Map(this.durableHeads.map((head) => [head.stream, head]));
    for (const { header, hash } of blocks) {
      const { stream, seq, closes } = header;
      if (!this.#tips.has(stream) && this.#clients !== null) this.#noteClient(this.#clients, stream);
      this.#devices?.add(deviceOf(stream));
      this.#tips.set(stream, { seq, hash });
      this.#uncommitted ??= new Map();
      this.#uncommitted.set(`${stream} ${seq}`, hash);
      if (closes !== null) this.#noteClosing(`${deviceOf(stream)}.${closes.epoch}`, closes.seq);
    }
  }

  committed(): void {
    this.commitCount += 1;
    this.undurableCount += this.#uncommitted?.size ?? 0;
    this.#uncommitted = null;
  }

  /** What was taken was not committed: the rows hold. */
  rolledBack(): void {
    this.#uncommitted = null;
    this.#tips.clear();
    this.#clients = null;
    this.#devices = null;
    this.#closedAt = null;
    this.#isBehind = true;
    this.readAgain();
  }

  /** Reads the rows if that failed when a commit had failed: before that nothing may be taken. */
  readAgain(): void {
    if (!this.#isBehind) return;
    this.#readTips();
    this.#isBehind = false;
  }

  /** Notes that so many committed blocks are durable, these the last of their streams. */
  becameDurable(blockCount: number, heads: Iterable<StreamHead>): void {
    this.undurableCount -= blockCount;
    this.#digest = null;
    this.#stateMessage = null;
    this.#wasStateAsked = false;
    if (this.#durable === null) throw new Error("blocks are durable that were never taken");
    for (const head of heads) this.#durable.set(head.stream, head);
  }

  #readTips(): void {
    for (const [stream, tip] of this.#store.read(({ blocks }) => blocks.tips(this.log)))
      this.#tips.set(stream, tip);
  }

  #clientMap(): ReadonlyMap<number, StreamName> {
    if (this.#clients !== null) return this.#clients;
    const clients = new Map<number, StreamName>();
    for (const stream of this.#tips.keys()) this.#noteClient(clients, stream);
    this.#clients = clients;
    return clients;
  }

  #noteClient(clients: Map<number, StreamName>, stream: StreamName): void {
    const client = clientIdOf(this.#hash, stream, firstHead.number);
    const other = clients.get(client);
    if (other === undefined || stream < other) clients.set(client, stream);
  }

  #noteClosing(stream: StreamName, seq: number | null): void {
    this.#closedAt ??= new Map();
    this.#closedAt.set(stream, seq);
  }

  #stateOf(stream: StreamName): StreamState {
    const tip = this.#tips.get(stream);
    const hash = tip?.hash ?? streamRoot(this.#hash, this.#space, this.log, stream);
    // Authority below compares vectors that only grow: those of the blocks held were satisfied when they came.
    return { seq: tip?.seq ?? 0, hash, auth: new Map(), closedAt: this.#closingOf(stream) };
  }

  #closingOf(stream: StreamName): number | null {
    const known = this.#closedAt?.get(stream);
    if (known !== undefined) return known;
    const closedAt = this.#store.read(({ blocks }) => blocks.closedAt(this.log, stream));
    // Only of streams held: else the names that are asked for would fill the memory.
    if (this.#tips.has(stream)) this.#noteClosing(stream, closedAt);
    return closedAt;
  }

  #hashAt(stream: StreamName, seq: number): string | null {
    if (seq === 0) return streamRoot(this.#hash, this.#space, this.log, stream);
    const tip = this.#tips.get(stream);
    if (tip?.seq === seq) return tip.hash;
    const waiting = this.#uncommitted?.get(`${stream} ${seq}`);
    return (
      waiting ??
      this.#store.read(({ blocks }: { blocks: BlockStore }) => blocks.hashAt(this.log, stream, seq))
    );
  }

  /** In an open space every device may write that has introduced itself (P1 comes with memberships). */
  #authority(device: string, vector: Vector): Authority {
    for (const [stream, seq] of vector) if (this.#seqOf(stream) < seq) return { kind: "wait" };
    this.#devices ??= new Set([...this.#tips.keys()].map(deviceOf));
    return this.#devices.has(device) ? { kind: "allowed" } : { kind: "wait" };
  }

  #seqOf(stream: StreamName): number {
    return this.#tips.get(stream)?.seq ?? 0;
  }
}

function headOf(stream: StreamName, { seq, hash }: Tip): StreamHead {
  return { stream, seq, tag: tagOf(hash) };
}
