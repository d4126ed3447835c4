import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { decodeBlock, readPayload } from "@darksync/core/block";
import { toHex } from "@darksync/core/bytes";
import { currentRules, encodeChange } from "@darksync/core/change";
import type { Signer } from "@darksync/core/ports";
import type { LogName } from "@darksync/core/vector";
import { clientIdOf } from "@darksync/log/client-id";
import { firstHead } from "@darksync/log/head";
import { encodeStateVector } from "@darksync/log/state-vector";
import { type KnownStream, parseAppends } from "@darksync/log/update";
import { nodeCompression, sha256, systemRandom } from "@darksync/node/crypto";
import { createDeviceKey } from "@darksync/node/device-key";
import { newSpaceId } from "@darksync/runtime/relay/relay";
import {
  decodeMessage,
  encodeMessage,
  type Message,
  protocolVersion,
  type StreamHead,
} from "@darksync/sync/message";
import { createDecoder, readVarUint } from "lib0/decoding";
import { WebSocket } from "ws";
import { BlockMaker } from "./block-maker.ts";
import { startRelay } from "./processes.ts";
import type { Member, Side } from "./side.ts";

/** Who writes on a relay: all members of one run are connections of one device, each with streams of its own. */
interface Identity {
  readonly space: string;
  readonly signer: Signer;
  /** Of each stream by its client id, how many changes lie in it up to each block: so nobody has to unpack them. */
  readonly changeCounts: Map<number, readonly number[]>;
}

/** The relay as built, and a client of its protocol that keeps no packages: a room is the log of a branch. */
export class DarksyncSide implements Side {
  readonly name = "darksync";
  readonly acknowledgement = "`ack` for the block, sent after the relay's fsync";
  readonly #identities = new Map<string, Identity>();
  readonly #identityOfPort = new Map<number, Identity>();

  async start(data: string) {
    const relay = await startRelay(data);
    const known = this.#identities.get(data);
    const identity = known ?? newIdentity(`${data}-key`);
    this.#identities.set(data, identity);
    this.#identityOfPort.set(relay.port, identity);
    if (known === undefined) await introduce(relay.port, identity);
    return relay;
  }

  async join(port: number, room: string, onOps?: (count: number) => void): Promise<DarksyncMember> {
    const member = await this.#member(port, room, onOps);
    await member.ask(new Map());
    return member;
  }

  async rejoin(port: number, room: string, snapshot: unknown, wanted: number) {
    let arrived = 0;
    let finish: () => void;
    const all = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const member = await this.#member(port, room, (count) => {
      arrived += count;
      if (arrived >= wanted) finish();
    });
    await member.ask(new Map((snapshot as readonly StreamHead[]).map(({ stream, seq }) => [stream, seq])));
    await all;
    return member;
  }

  async count(port: number, room: string): Promise<number> {
    const member = await this.#member(port, room, undefined, true);
    await member.ask(new Map());
    member.close();
    return member.changesSeen;
  }

  async #member(port: number, room: string, onOps: ((count: number) => void) | undefined, unpacks = false) {
    const identity = this.#identityOfPort.get(port);
    if (identity === undefined) throw new Error("no relay was started there");
    return DarksyncMember.enter(port, identity, logOf(room), onOps ?? (() => {}), unpacks);
  }
}

function logOf(room: string): LogName {
  return `branch/${toHex(sha256(Buffer.from(room))).slice(0, 32)}`;
}

function newIdentity(keyFolder: string): Identity {
  mkdirSync(keyFolder, { recursive: true });
  const signer = createDeviceKey(join(keyFolder, "device.key"));
  return { space: newSpaceId(systemRandom), signer, changeCounts: new Map() };
}

async function introduce(port: number, identity: Identity): Promise<void> {
  const member = await DarksyncMember.enter(port, identity, "auth", () => {}, false);
  await member.write([
    encodeChange({
      rules: currentRules,
      nonce: toHex(systemRandom(6)),
      time: { wallMs: Date.now(), counter: 0 },
      ops: [{ type: "IntroduceDevice", member: "Bench", supersedes: [] }],
    }),
  ]);
  member.close();
}

class DarksyncMember implements Member {
  /** Changes that came, if the member unpacks what comes. */
  changesSeen = 0;
  readonly #socket: WebSocket;
  readonly #log: LogName;
  readonly #blocks: BlockMaker;
  readonly #changeCounts: ReadonlyMap<number, readonly number[]>;
  readonly #onOps: (count: number) => void;
  readonly #unpacks: boolean;
  readonly #known = new Map<number, KnownStream>();
  #heads: readonly StreamHead[] = [];
  /** Changes that wait until what is under way is acknowledged. */
  #unsigned: Uint8Array[] = [];
  #offering: Promise<void> | null = null;
  #acknowledged: (() => void) | null = null;
  #told: (() => void) | null = null;

  private constructor(
    socket: WebSocket,
    identity: Identity,
    log: LogName,
    onOps: (count: number) => void,
    unpacks: boolean,
  ) {
    this.#socket = socket;
    this.#log = log;
    this.#blocks = new BlockMaker(identity.signer, identity.space, log);
    this.#changeCounts = identity.changeCounts;
    identity.changeCounts.set(
      clientIdOf(sha256, this.#blocks.stream, firstHead.number),
      this.#blocks.changeCounts,
    );
    this.#onOps = onOps;
    this.#unpacks = unpacks;
  }

  static async enter(
    port: number,
    identity: Identity,
    log: LogName,
    onOps: (count: number) => void,
    unpacks: boolean,
  ): Promise<DarksyncMember> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1`, { perMessageDeflate: false });
    await once(socket, "open");
    // A relay that is killed ends a measurement, not the bench.
    socket.on("error", () => {});
    const member = new DarksyncMember(socket, identity, log, onOps, unpacks);
    const welcomed = new Promise<void>((resolve) => {
      member.#told = resolve;
    });
    socket.on("message", (data: Buffer) => member.#onMessage(decodeMessage(plain(data))));
    member.#post({
      type: "hello",
      version: protocolVersion,
      space: identity.space,
      isNew: false,
      device: toHex(identity.signer.publicKey),
      only: [],
      digest: "0".repeat(64),
    });
    await welcomed;
    return member;
  }

  /** Gets what `held` lacks of the log. */
  async ask(held: ReadonlyMap<string, number>): Promise<void> {
    const told = new Promise<void>((resolve) => {
      this.#told = resolve;
    });
    this.#post({
      type: "ask",
      log: this.#log,
      stateVector: encodeStateVector(sha256, firstHead, held),
    });
    await told;
  }

  async write(ops: readonly Uint8Array[]): Promise<void> {
    if (ops.length === 0) return;
    for (const op of ops) this.#unsigned.push(op);
    this.#offering ??= this.#offer();
    await this.#offering;
  }

  async prepare(ops: readonly Uint8Array[]): Promise<readonly (() => void)[]> {
    return ops.map((op) => () => void this.write([op]));
  }

  /**
   * As a replica does (R1; `offering` of the replica's machine): one batch is under way, and what is saved meanwhile
   * waits unsigned and goes together once that is acknowledged.
   */
  async #offer(): Promise<void> {
    while (this.#unsigned.length > 0) {
      const changes = this.#unsigned;
      this.#unsigned = [];
      const acknowledged = new Promise<void>((resolve) => {
        this.#acknowledged = resolve;
      });
      this.#post({ type: "update", log: this.#log, update: await this.#blocks.update(changes) });
      await acknowledged;
    }
    this.#offering = null;
  }

  snapshot(): readonly StreamHead[] {
    return this.#heads;
  }

  close(): void {
    this.#socket.close();
  }

  #post(message: Message): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(encodeMessage(message));
  }

  #onMessage(message: Message | null): void {
    switch (message?.type) {
      case "welcome":
        this.#told?.();
        return;
      case "state":
        this.#heads = message.heads;
        this.#told?.();
        return;
      case "ack":
        if (message.isAnswer) this.#acknowledged?.();
        return;
      case "update":
        if (message.log === this.#log) this.#onUpdate(message.update);
        return;
      case "ping":
        this.#post({ type: "pong" });
        return;
      case "pong":
        return;
      default:
        throw new Error(`the relay said ${JSON.stringify(message)}`);
    }
  }

  #onUpdate(update: Uint8Array): void {
    if (!this.#unpacks) {
      this.#onOps(changesOf(update, this.#changeCounts));
      return;
    }
    const parsed = parseAppends(sha256, firstHead, update, (client) => this.#known.get(client) ?? null);
    if (!parsed.ok) throw new Error(`not an update: ${parsed.refusal.code}`);
    for (const { stream, firstSeq, blocks } of parsed.runs) {
      const client = clientIdOf(sha256, stream, firstHead.number);
      this.#known.set(client, { stream, nextSeq: firstSeq + blocks.length });
      for (const block of blocks) this.changesSeen += changesIn(block);
    }
  }
}

/** How many changes an update brings. Only the first stream is looked at: this bench has one writer at a time. */
function changesOf(update: Uint8Array, changeCounts: ReadonlyMap<number, readonly number[]>): number {
  // An update of Yjs begins with the number of clients; then of the first its number of blocks, id and clock.
  const reader = createDecoder(update);
  readVarUint(reader);
  const blocks = readVarUint(reader);
  const counts = changeCounts.get(readVarUint(reader));
  const clock = readVarUint(reader);
  const [before, after] = [counts?.[clock], counts?.[clock + blocks]];
  if (before === undefined || after === undefined) throw new Error("the relay sent what nobody here wrote");
  return after - before;
}

function changesIn(bytes: Uint8Array): number {
  const block = decodeBlock(bytes);
  const changes = block === null ? null : readPayload(nodeCompression, block);
  if (changes === null) throw new Error("the relay sent what is no block");
  return changes.length;
}

function plain(data: Buffer): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
