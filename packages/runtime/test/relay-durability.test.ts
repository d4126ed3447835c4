import { toHex } from "@darksync/core/bytes";
import type { StreamName } from "@darksync/core/stream";
import { clientIdOf } from "@darksync/log/client-id";
import { firstHead } from "@darksync/log/head";
import { decodeStateVector, encodeStateVector } from "@darksync/log/state-vector";
import { sha256, systemRandom } from "@darksync/node/crypto";
import { relayPorts } from "@darksync/node/process-ports";
import { logDigest } from "@darksync/sync/digest";
import { decodeMessage, encodeMessage, type Message, protocolVersion } from "@darksync/sync/message";
import { readRoomMessage } from "@darksync/sync/room-message";
import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryRelayStore } from "../src/memory/relay-spaces.js";
import { ClientConnection } from "../src/relay/client-connection.js";
import type { Listener } from "../src/relay/listeners.js";
import { newSpaceId, Relay } from "../src/relay/relay.js";
import { RoomConnection } from "../src/relay/room-connection.js";
import { headsOf } from "../src/replica/log-view.js";
import type { RelaySpaces, RelayStore } from "../src/store/store.js";
import { BlockStream, introduction } from "./support/block-stream.js";
import { newSigner } from "./support/team.js";

const log = "main/Acme";

/** A disk that keeps what was written only when it is told to, and knows what it keeps. */
class LateDisk {
  readonly store: RelayStore;
  /** Digests of all that was ever durable of a log. */
  readonly digests = new Set<string>();
  #durable = new Map<string, number>();
  #waiting: { readonly heads: ReadonlyMap<string, number>; readonly resolve: () => void }[] = [];
  failure: Error | null = null;

  constructor() {
    const memory = memoryRelayStore();
    this.store = {
      write: (work) => (this.failure === null ? memory.write(work) : Promise.reject(this.failure)),
      read: (work) => memory.read(work),
      close: () => memory.close(),
      durable: () => new Promise((resolve) => this.#waiting.push({ heads: this.#heads(), resolve })),
    };
  }

  get isWaitedFor(): boolean {
    return this.#waiting.length > 0;
  }

  holds(stream: StreamName, seq: number): boolean {
    return (this.#durable.get(stream) ?? 0) >= seq;
  }

  keep(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { heads, resolve } of waiting) {
      this.#durable = new Map(heads);
      resolve();
    }
  }

  #heads(): ReadonlyMap<string, number> {
    return this.store.read(({ blocks }) => {
      const logs = blocks.logs();
      for (const name of logs) this.digests.add(logDigest(sha256, name, headsOf(blocks, name)));
      return new Map(logs.flatMap((name) => headsOf(blocks, name).map(({ stream, seq }) => [stream, seq])));
    });
  }
}

/** One space on a relay over a late disk, and what the relay says, each word judged when it is said. */
class Scene {
  readonly disk = new LateDisk();
  readonly id = newSpaceId(systemRandom);
  readonly relay: Relay;
  readonly signer = newSigner();
  readonly streams: BlockStream[] = [];
  #saidCount = 0;

  constructor() {
    const spaces: RelaySpaces = {
      list: () => [this.id],
      open: () => this.disk.store,
      create: () => this.disk.store,
      close: () => {},
    };
    const onFailure = (error: unknown) => expect.unreachable(String(error));
    const afterPause = (callback: () => void) => setImmediate(callback);
    this.relay = new Relay({ ...relayPorts, afterPause, signer: this.signer, spaces, onFailure });
  }

  client(): Client {
    return new Client(this);
  }

  room(): void {
    const space = this.relay.space(this.id);
    if (space === null) throw new Error("no space");
    const send = (bytes: Uint8Array) => this.#judgeRoom(bytes);
    const connection = { send, drained: async () => {}, close: () => {} };
    new RoomConnection(this.relay, space, log, firstHead, connection, new Set());
  }

  stream(): BlockStream {
    const stream = new BlockStream(this.signer, this.id, log);
    this.streams.push(stream);
    return stream;
  }

  /** Lets all happen that does not wait for the disk. */
  async settle(): Promise<void> {
    // A question takes turns of its own, and those behind it wait.
    for (let saidBefore = -1; saidBefore < this.#saidCount; ) {
      saidBefore = this.#saidCount;
      for (let turn = 0; turn < 6; turn += 1) await new Promise(setImmediate);
    }
  }

  async settleAll(): Promise<void> {
    do {
      this.disk.keep();
      await this.settle();
    } while (this.disk.isWaitedFor);
  }

  /** All becomes durable, and then what nobody uses is forgotten. */
  async forget(): Promise<void> {
    await this.settleAll();
    for (let look = 0; look < 2; look += 1) this.relay.forgetUnused();
  }

  held(): ReadonlyMap<StreamName, number> {
    const tips = this.disk.store.read(({ blocks }) => blocks.tips(log));
    return new Map([...tips].map(([stream, { seq }]) => [stream, seq]));
  }

  judge(message: Message): void {
    this.#saidCount += 1;
    if (message.type === "ack" || message.type === "state")
      for (const { stream, seq } of message.heads) expect(this.disk.holds(stream, seq)).toBe(true);
    if (message.type === "welcome")
      for (const { digest } of message.logs) expect(this.disk.digests).toContain(digest);
  }

  #judgeRoom(bytes: Uint8Array): void {
    this.#saidCount += 1;
    const message = readRoomMessage(bytes);
    if (message?.type !== "syncStep1") return;
    const clocks = decodeStateVector(message.stateVector);
    for (const { name } of this.streams) {
      const seq = clocks?.get(clientIdOf(sha256, name, 0)) ?? 0;
      expect(this.disk.holds(name, seq)).toBe(true);
    }
  }
}

class Client {
  readonly heard: Message[] = [];
  sent = 0;
  readonly #connection: ClientConnection;

  constructor(scene: Scene) {
    const send = (bytes: Uint8Array) => {
      const message = decodeMessage(bytes);
      if (message === null) throw new Error("no message");
      scene.judge(message);
      this.heard.push(message);
    };
    const connection = { send, drained: async () => {}, close: () => {} };
    this.#connection = new ClientConnection(scene.relay, connection, null);
    const hello = { space: scene.id, isNew: false, device: toHex(scene.signer.publicKey), only: [] };
    this.say({ type: "hello", version: protocolVersion, ...hello, digest: "00".repeat(32) });
  }

  say(message: Message): void {
    this.#connection.onMessage(encodeMessage(message));
  }

  update(update: Uint8Array, to = log): void {
    this.sent += 1;
    this.say({ type: "update", log: to, update });
  }

  ask(): void {
    this.say({ type: "ask", log, stateVector: encodeStateVector(sha256, firstHead, new Map()) });
  }

  of<Type extends Message["type"]>(type: Type): readonly Extract<Message, { type: Type }>[] {
    return this.heard.filter((message): message is Extract<Message, { type: Type }> => message.type === type);
  }

  get answers(): number {
    return this.of("ack").filter(({ isAnswer }) => isAnswer).length;
  }
}

/** A scene whose device is known, with one client that has entered. */
async function begun(): Promise<{ readonly scene: Scene; readonly writer: Client }> {
  const scene = new Scene();
  const writer = scene.client();
  await scene.settleAll();
  writer.update(await introduction(scene.signer, scene.id), "auth");
  await scene.settleAll();
  return { scene, writer };
}

test("R80, L5: a block is passed on before it is durable, and nothing that claims it goes out till then", async () => {
  const { scene, writer } = await begun();
  const reader = scene.client();
  await scene.settleAll();
  writer.update(await scene.stream().next());
  await scene.settle();
  expect(reader.of("update")).toHaveLength(1);
  const late = scene.client();
  reader.ask();
  await scene.settle();
  expect(reader.of("update")).toHaveLength(2);
  expect([writer.answers, reader.of("ack").length, reader.of("state").length]).toEqual([1, 0, 0]);
  expect(late.of("welcome")).toEqual([]);
  await scene.settleAll();
  expect([writer.answers, reader.of("ack").length, reader.of("state").length]).toEqual([2, 1, 1]);
  expect(late.of("welcome")).toMatchObject([{ logs: [{ log: "auth" }, { log }] }]);
  // It was not there when the block was passed on: the greeting tells of it.
  expect(late.of("ack")).toEqual([]);
});

test("R80, R81, L5: whatever comes in whatever order, all that a relay claims is durable, and in the end all is claimed", async () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant("write" as const), stream: fc.nat(3), client: fc.nat(3) }),
    fc.record({ type: fc.constant("ask" as const), client: fc.nat(3) }),
    fc.record({
      type: fc.constantFrom(
        "enter" as const,
        "room" as const,
        "keep" as const,
        "settle" as const,
        "forget" as const,
      ),
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { scene, writer } = await begun();
      const clients = [writer];
      const streams = Array.from({ length: 4 }, () => ({
        stream: scene.stream(),
        writer: null as Client | null,
      }));
      const pick = (number: number) => {
        const entered = clients.filter((client) => client.of("welcome").length > 0);
        return entered[number % entered.length] ?? writer;
      };
      for (const one of steps) {
        if (one.type === "write") {
          const to = streams[one.stream];
          if (to === undefined) continue;
          // One stream comes by one connection, else the order of its blocks is anybody's guess.
          to.writer ??= pick(one.client);
          to.writer.update(await to.stream.next());
        } else if (one.type === "ask") pick(one.client).ask();
        else if (one.type === "enter") clients.push(scene.client());
        else if (one.type === "room") scene.room();
        else if (one.type === "keep") scene.disk.keep();
        else if (one.type === "forget") await scene.forget();
        else await scene.settle();
      }
      await scene.settleAll();
      for (const client of clients) expect(client.answers).toBe(client.sent);
      expect(clients.flatMap((client) => client.of("error"))).toEqual([]);
      writer.ask();
      await scene.settleAll();
      const told = writer.of("state").at(-1)?.heads ?? [];
      expect(new Map(told.map(({ stream, seq }) => [stream, seq]))).toEqual(scene.held());
    }),
    { numRuns: 60 },
  );
});

test("R11: what came together is one commit, passed on as one message, and later updates see earlier ones", async () => {
  const { scene, writer } = await begun();
  const [other, reader] = [scene.client(), scene.client()];
  await scene.settleAll();
  const { commits, blocksAdmitted } = scene.relay.counts;
  const [mine, theirs] = [scene.stream(), scene.stream()];
  for (let count = 0; count < 5; count += 1) {
    writer.update(await mine.next());
    other.update(await theirs.next());
  }
  await scene.settleAll();
  expect(scene.relay.counts.blocksAdmitted).toBe(blocksAdmitted + 10);
  expect(scene.relay.counts.commits).toBe(commits + 1);
  expect(reader.of("update")).toHaveLength(1);
  expect(reader.of("ack")).toHaveLength(1);
  expect([writer.answers, other.answers]).toEqual([6, 5]);
});

test("R11: of what could not be committed nothing is remembered: the same comes again and is taken", async () => {
  const { scene, writer } = await begun();
  const space = scene.relay.space(scene.id);
  const stream = scene.stream();
  const updates = [await stream.next(), await stream.next()];
  scene.disk.failure = new Error("the disk is full");
  const refused = await Promise.allSettled(updates.map((update) => space?.admit(log, update, null)));
  expect(refused.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  scene.disk.failure = null;
  for (const update of updates) writer.update(update);
  await scene.settleAll();
  expect(writer.answers).toBe(3);
  expect(scene.disk.holds(stream.name, 2)).toBe(true);
});

test("R81: a space that nobody is in is closed when nobody used it between two looks, and opens again", async () => {
  const closed: string[] = [];
  const memory = memoryRelayStore();
  const store: RelayStore = {
    write: (work) => memory.write(work),
    read: (work) => memory.read(work),
    durable: () => memory.durable(),
    close: () => closed.push("closed"),
  };
  const spaces = { list: () => [], open: () => store, create: () => store, close: () => {} };
  const signer = newSigner();
  const relay = new Relay({
    ...relayPorts,
    signer,
    spaces,
    onFailure: (error) => expect.unreachable(String(error)),
  });
  const id = newSpaceId(systemRandom);
  const space = relay.space(id);
  await space?.admit("auth", await introduction(signer, id), null);
  await relay.idle();
  relay.forgetUnused();
  expect(closed).toEqual([]);
  const listener: Listener = {
    wants: () => true,
    onBlocks: () => {},
    onDurable: () => {},
    onSealed: () => {},
    onFailed: () => {},
  };
  space?.listen(listener);
  relay.forgetUnused();
  relay.forgetUnused();
  expect(closed).toEqual([]);
  space?.stopListening(listener);
  relay.forgetUnused();
  expect(closed).toEqual(["closed"]);
  const again = relay.space(id);
  expect(again).not.toBe(space);
  expect(await again?.digests([])).toHaveLength(1);
});
