import { encodeUnsignedBlock, joinSignature, signedHash, streamRoot } from "@darksync/core/block";
import { currentRules, encodeChange } from "@darksync/core/change";
import type { Op } from "@darksync/core/op/op";
import type { Signer } from "@darksync/core/ports";
import { type StreamName, streamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import { firstHead, type Head } from "@darksync/log/head";
import { encodeAppends } from "@darksync/log/update";
import { sha256 } from "@darksync/node/crypto";
import { RoomConnection } from "@darksync/runtime/relay/room-connection";
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { messageYjsSyncStep2, readSyncMessage, writeSyncStep1, writeUpdate } from "y-protocols/sync";
import * as Y from "yjs";
import type { Chance } from "./chance.ts";
import { blockPorts } from "./device.ts";
import { signerOf } from "./keys.ts";
import { Link, type LinkPorts } from "./network.ts";
import { Process } from "./process.ts";
import type { World } from "./world.ts";

const messageSync = 0;
const messageAuth = 2;
const pingMs = 10_000;

/**
 * Somebody with a stock Yjs client in the rooms of a log: reads and appends live, and goes on in the next room when one
 * is sealed. Its document is what Yjs makes of the messages; it looks into none of them.
 */
export class RoomGuest {
  readonly name: string;
  readonly log: LogName;
  readonly stream: StreamName;
  /** Its own blocks, in order: offered in each room as far as they are not sealed. */
  readonly blocks: Uint8Array[] = [];
  /** What the relay said of what it did not take. */
  readonly denied: string[] = [];
  doc = new Y.Doc();
  /** The head whose room it is in, or was last. */
  head: Head = firstHead;
  isSynced = false;
  /** Whether it wants to be in a room. */
  isIn = false;
  readonly #world: World;
  readonly #chance: Chance;
  readonly #signer: Signer;
  readonly #process = new Process(() => {});
  #prev: string;
  #link: Link | null = null;
  #links = 0;
  #entries = 0;
  #appending: Promise<void> = Promise.resolve();
  /** What a relay that was put back to an older copy calls by the number of a room may be another one. */
  #restores = 0;

  constructor(world: World, name: string, log: LogName) {
    this.#world = world;
    this.name = name;
    this.log = log;
    this.#chance = world.chance.fork(`guest ${name}`);
    this.#signer = signerOf(this.#chance.fork("key").bytes(32));
    this.stream = streamName({ device: this.#signer.publicKey, epoch: this.#chance.fork("epoch").bytes(8) });
    this.#prev = streamRoot(sha256, this.#space, log, this.stream);
  }

  get #space(): string {
    return this.#world.devices[0]?.space ?? "";
  }

  /** Goes into the room of the live head, now and whenever it is thrown out, until it leaves. */
  enter(): void {
    this.isIn = true;
    void this.#enter();
  }

  leave(): void {
    this.isIn = false;
    this.#world.tell(this.name, `leaves ${this.log}`);
    this.#link?.connection.close();
    this.#link = null;
  }

  /** Signs a block, and appends it to its document: what is connected sends it, else it waits there. */
  append(op: Op): Promise<void> {
    this.#appending = this.#appending.then(() => this.#append(op));
    return this.#appending;
  }

  async #append(op: Op): Promise<void> {
    const nonce = [...this.#chance.bytes(6)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const change = encodeChange({ rules: currentRules, nonce, time: { wallMs: 1, counter: 0 }, ops: [op] });
    const made = await this.#signed(this.stream, this.blocks.length + 1, this.#prev, change);
    this.#prev = made.hash;
    this.blocks.push(made.bytes);
    this.#place(this.blocks.length);
  }

  async #signed(
    stream: StreamName,
    seq: number,
    prev: string,
    change: Uint8Array,
  ): Promise<{ readonly bytes: Uint8Array; readonly hash: string }> {
    const header = { stream, seq, prev, closes: null, auth: new Map(), seen: new Map() };
    const unsigned = encodeUnsignedBlock(blockPorts, header, [change]);
    const signature = await this.#signer.sign(unsigned.signed);
    return {
      bytes: joinSignature(unsigned, signature),
      hash: signedHash(sha256, unsigned.signed, signature),
    };
  }

  /** What it sees of each stream, in its room. */
  get content(): ReadonlyMap<StreamName, readonly Uint8Array[]> {
    return contentOf(this.doc);
  }

  /** Frames its own blocks from a seq on as appends of this room. */
  #place(firstSeq: number): void {
    const blocks = this.blocks.slice(firstSeq - 1);
    if (blocks.length === 0) return;
    const update = encodeAppends(sha256, this.head, [{ stream: this.stream, firstSeq, blocks }]);
    Y.applyUpdate(this.doc, update, "own");
  }

  async #enter(): Promise<void> {
    const { mainRelay: relay } = this.#world;
    const space = relay.relay?.space(this.#space) ?? null;
    if (space === null) return this.#later();
    this.#entries += 1;
    const entry = this.#entries;
    // A relay that dies over it answers nobody.
    this.#world.agenda.after(pingMs, () => this.#entries === entry && this.#link === null && this.#later());
    await this.#introduce();
    if (this.#entries !== entry || !this.isIn || this.#link !== null) return;
    if (relay.relay === null) return this.#later();
    const head = space.history.head(this.log);
    if (head.number !== this.head.number || relay.restores !== this.#restores) this.#begin(head);
    this.#restores = relay.restores;
    this.#connect();
  }

  /** A document for each room. */
  #begin(head: Head): void {
    this.doc = new Y.Doc();
    this.head = head;
    this.#place((head.sealed.get(this.stream) ?? 0) + 1);
  }

  #connect(): void {
    const { agenda, trace, mainRelay: relay, swarm, isHealed } = this.#world;
    this.isSynced = false;
    this.#links += 1;
    const { doc, log, head } = this;
    const enter: LinkPorts["enter"] = (entered, connection) => {
      const space = entered.space(this.#space);
      const live = space?.history.headAt(log, head.number) ?? null;
      if (space === null || live === null) return null;
      const { send } = connection;
      const seen = {
        ...connection,
        send: (bytes: Uint8Array) => send(relay.roomsHide ? hidden(bytes) : bytes),
      };
      return new RoomConnection(entered, space, log, live, seen, new Set());
    };
    const habits = isHealed ? { leastMs: 1, mostMs: 5, isDown: false } : { ...swarm.network };
    const fate = this.#chance.percent(isHealed ? 0 : 30)
      ? ({ fate: "the connection breaks", behind: this.#chance.below(8) } as const)
      : null;
    const chance = this.#chance.fork(`link ${this.#links}`);
    const ports = {
      agenda,
      chance,
      trace,
      habits,
      process: this.#process,
      relay,
      fate,
      tap: () => {},
      enter,
    };
    const send = (write: (encoder: encoding.Encoder) => void) => {
      const encoder = encoding.createEncoder();
      encoding.writeVarUint(encoder, messageSync);
      write(encoder);
      link.connection.send(encoding.toUint8Array(encoder));
    };
    const onUpdate = (update: Uint8Array, origin: unknown) => {
      if (origin !== link) send((encoder) => writeUpdate(encoder, update));
    };
    const link: Link = new Link(ports, {
      onOpen: () => {
        doc.on("update", onUpdate);
        send((encoder) => writeSyncStep1(encoder, doc));
      },
      onMessage: (bytes) => this.#onMessage(link, doc, bytes),
      onClose: ({ message }) => {
        doc.off("update", onUpdate);
        if (this.#link !== link) return;
        this.#link = null;
        this.#world.tell(this.name, `is out of ${log}@${head.number}: ${message}`);
        this.#later();
      },
    });
    this.#link = link;
    this.#watch(link);
    this.#world.tell(this.name, `enters ${log}@${head.number}`);
  }

  /** A relay that died without a word is noticed, as providers do by the pings that fail to come. */
  #watch(link: Link): void {
    const { agenda, mainRelay: relay } = this.#world;
    const { process } = relay;
    agenda.after(pingMs, () => {
      if (this.#link !== link) return;
      if (link.isOpen && relay.process === process) this.#watch(link);
      else this.#drop(link);
    });
  }

  /** Comes again after a while, with all that it has. */
  #drop(link: Link): void {
    link.connection.close();
    if (this.#link !== link) return;
    this.#link = null;
    this.#later();
  }

  #onMessage(link: Link, doc: Y.Doc, bytes: Uint8Array): void {
    const decoder = decoding.createDecoder(bytes);
    const type = decoding.readVarUint(decoder);
    if (type === messageAuth) {
      this.denied.push(new TextDecoder().decode(bytes.subarray(3)));
      this.#world.tell(this.name, this.denied.at(-1) ?? "");
      this.#drop(link);
    }
    if (type !== messageSync) return;
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, messageSync);
    const step = readSyncMessage(decoder, encoder, doc, link, (error) =>
      this.#world.fail("unexpected-error", `${this.name} in ${this.log}@${this.head.number}: ${error.stack}`),
    );
    if (step === messageYjsSyncStep2) this.isSynced = true;
    if (step === messageYjsSyncStep2 && this.#isSealed) this.#drop(link);
    if (encoding.length(encoder) > 1) link.connection.send(encoding.toUint8Array(encoder));
  }

  /** Whether its room was sealed while it was on the way there: it stays readable, and nobody tells (R74). */
  get #isSealed(): boolean {
    const space = this.#world.mainRelay.relay?.space(this.#space) ?? null;
    return space !== null && space.history.head(this.log).number > this.head.number;
  }

  #later(): void {
    if (!this.isIn) return;
    this.#world.agenda.after(this.#chance.between(50, 3000), () => {
      if (this.isIn && this.#link === null) void this.#enter();
    });
  }

  /** As every device it stands in `auth`, whatever the relay has lost since. */
  async #introduce(): Promise<void> {
    const stream = streamName({ device: this.#signer.publicKey, epoch: new Uint8Array(8) });
    const op: Op = { type: "IntroduceDevice", member: this.name, supersedes: [] };
    const time = { wallMs: 1, counter: 0 };
    const change = encodeChange({ rules: currentRules, nonce: "00".repeat(6), time, ops: [op] });
    const root = streamRoot(sha256, this.#space, "auth", stream);
    const { bytes } = await this.#signed(stream, 1, root, change);
    const update = encodeAppends(sha256, firstHead, [{ stream, firstSeq: 1, blocks: [bytes] }]);
    const space = this.#world.mainRelay.relay?.space(this.#space) ?? null;
    // A relay that dies or has no room says so when the room is entered.
    await space?.admit("auth", update, null).catch(() => {});
  }
}

/** What a document shows of each stream. */
export function contentOf(doc: Y.Doc): ReadonlyMap<StreamName, readonly Uint8Array[]> {
  const content = new Map<StreamName, readonly Uint8Array[]>();
  for (const name of doc.share.keys()) {
    const blocks = doc.getArray<Uint8Array>(name).toArray();
    if (blocks.length > 0) content.set(name, blocks);
  }
  return content;
}

/** An update with nothing in it. */
function hidden(bytes: Uint8Array): Uint8Array {
  const [type, step = 0] = bytes;
  return type === messageSync && step > 0 ? new Uint8Array([messageSync, step, 2, 0, 0]) : bytes;
}
