import { toHex } from "@darksync/core/bytes";
import type { StreamName } from "@darksync/core/stream";
import { firstHead } from "@darksync/log/head";
import { decodeManifest, isManifestSigned } from "@darksync/log/manifest";
import { encodeStateVector } from "@darksync/log/state-vector";
import { blockPorts, openPorts, sha256, systemRandom, verifyEd25519 } from "@darksync/node/crypto";
import { relayPorts } from "@darksync/node/process-ports";
import { decodeMessage, encodeMessage, type Message, protocolVersion } from "@darksync/sync/message";
import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryRelaySpaces, memoryRelayStore } from "../src/memory/relay-spaces.js";
import { checkManifests } from "../src/relay/check-manifests.js";
import { checkSpace } from "../src/relay/check-space.js";
import { ClientConnection } from "../src/relay/client-connection.js";
import { rebuildSpace } from "../src/relay/rebuild-space.js";
import { newSpaceId, Relay } from "../src/relay/relay.js";
import { RelaySalvage } from "../src/relay/relay-salvage.js";
import type { RelaySpace } from "../src/relay/relay-space.js";
import type { StoredBlock } from "../src/store/block-store.js";
import type { RelayStore, RelayTables } from "../src/store/store.js";
import { BlockStream, introduction } from "./support/block-stream.js";
import { testSealing } from "./support/sealing.js";
import { newSigner } from "./support/team.js";

const log = "main/Acme";
const pause = async () => {};

/** A relay with a few streams, some of whose blocks are sealed. */
class Scene {
  readonly id = newSpaceId(systemRandom);
  readonly signer = newSigner();
  readonly spaces = memoryRelaySpaces(blockPorts);
  readonly failures: unknown[] = [];
  readonly streams: BlockStream[] = [];
  relay = this.#start();

  get store(): RelayStore {
    return this.spaces.create(this.id);
  }

  get space(): RelaySpace {
    const space = this.relay.space(this.id);
    if (space === null) throw new Error("no space");
    return space;
  }

  restart(): void {
    this.relay = this.#start();
  }

  /** `order`: of which stream the next block is. */
  async fill(order: readonly number[]): Promise<void> {
    this.spaces.create(this.id);
    await this.space.admit("auth", await introduction(this.signer, this.id), null);
    for (const index of order) {
      this.streams[index] ??= new BlockStream(this.signer, this.id, log);
      const update = await (this.streams[index] as BlockStream).next();
      await this.space.admit(log, update, null);
      await this.relay.sealed();
    }
  }

  problems(): Promise<readonly { readonly code: string; readonly message: string }[]> {
    return problemsOf(this.id, this.store, toHex(this.signer.publicKey));
  }

  #start(): Relay {
    const onFailure = (error: unknown) => this.failures.push(error);
    const { signer, spaces } = this;
    return new Relay({ ...relayPorts, sealing: testSealing(4), signer, spaces, onFailure });
  }
}

function problemsOf(id: string, store: Pick<RelayStore, "read">, relayKey: string | null) {
  return checkSpace(openPorts, { id, store, relayKey, pause });
}

/** Writes a stream's blocks from a seq on again, as they are not. */
async function alter(
  store: RelayStore,
  stream: StreamName,
  firstSeq: number,
  change: (block: StoredBlock) => StoredBlock | null,
): Promise<void> {
  await store.write(({ blocks }) => {
    const stored = blocks.read(log, stream, firstSeq, 1_000_000);
    blocks.truncate(log, stream, firstSeq - 1);
    for (const block of stored.map(change)) if (block !== null) blocks.append(log, stream, block);
  });
}

const rotten = (block: StoredBlock): StoredBlock => ({
  ...block,
  bytes: block.bytes.map((byte, at) => (at === 60 ? byte ^ 4 : byte)),
});

function segmentsOf({ segments }: RelayTables): readonly (readonly [string, Uint8Array | null])[] {
  return segments.list(log).map(({ hash, number }) => [hash, segments.bytes(log, number)]);
}

function endsOf({ blocks }: RelayTables): Readonly<Record<string, string>> {
  const logs = blocks.logs().flatMap((name) => [...blocks.tips(name)].map((tip) => [name, ...tip] as const));
  return Object.fromEntries(
    logs.map(([name, stream, { seq, hash }]) => [`${name} ${stream}`, `${seq} ${hash}`]),
  );
}

test("R76 nothing is wrong with a sound relay, sealed or not", async () => {
  const scene = new Scene();
  await scene.fill([0, 1, 0, 0, 1, 2, 2, 2, 0, 1]);
  expect(scene.store.read(segmentsOf).length).toBeGreaterThan(0);
  expect(await scene.problems()).toEqual([]);
  scene.store.read((tables) => checkManifests(scene.id, tables));
});

test("R76 another space's id, another relay's key, a tip or a manifest that does not fit are found", async () => {
  const scene = new Scene();
  await scene.fill([0, 0, 0, 0, 0, 1]);
  const codesOf = async (id: string, key: string | null) =>
    new Set((await problemsOf(id, scene.store, key)).map(({ code }) => code));
  expect(await codesOf("00".repeat(16), null)).toEqual(new Set(["bad-block", "bad-manifest"]));
  expect(await codesOf(scene.id, "00".repeat(32))).toEqual(new Set(["bad-manifest"]));
  const last = scene.streams[1]?.name ?? "";
  await alter(scene.store, last, 1, (block) => ({ ...block, hash: "00".repeat(32) }));
  expect(await codesOf(scene.id, null)).toEqual(new Set(["bad-block"]));
  await scene.store.write(({ segments }) => segments.remove(log, 0));
  expect(() => scene.store.read((tables) => checkManifests(scene.id, tables))).toThrow(/segment 0/);
});

/** A client that has said hello: what it is told, in order. */
async function entered(scene: Scene): Promise<{ readonly told: Message[]; ask(): void }> {
  const told: Message[] = [];
  const send = (bytes: Uint8Array) => told.push(decodeMessage(bytes) as Message);
  const client = new ClientConnection(scene.relay, { send, drained: async () => {}, close: () => {} }, null);
  const hello = { space: scene.id, isNew: false, device: toHex(scene.signer.publicKey), only: [] };
  const say = (message: Message) => client.onMessage(encodeMessage(message));
  say({ type: "hello", version: protocolVersion, ...hello, digest: "00".repeat(32) });
  await settle();
  const stateVector = encodeStateVector(sha256, firstHead, new Map());
  return { told, ask: () => say({ type: "ask", log, stateVector }) };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) await new Promise(setImmediate);
}

test("R77 a rotten block is sent to nobody, and from then on the space is refused and told of once", async () => {
  const scene = new Scene();
  await scene.fill([0, 0, 0]);
  const [stream] = scene.streams as [BlockStream];
  await alter(scene.store, stream.name, 2, (block) => (block.seq === 2 ? rotten(block) : block));
  scene.restart();
  const [other, reader] = [await entered(scene), await entered(scene)];
  reader.ask();
  await settle();
  for (const { told } of [reader, other])
    expect(told).toEqual([
      expect.objectContaining({ type: "welcome" }),
      expect.objectContaining({ type: "error", code: "relay-database-corrupt" }),
    ]);
  expect(scene.failures).toEqual([expect.objectContaining({ space: scene.id, code: "database-corrupt" })]);
  expect(String(scene.failures[0])).toContain("block 2");
  await expect(scene.space.admit(log, await stream.next(), null)).rejects.toThrow(/block 2/);
  await expect(scene.space.history.manifest(log)).rejects.toThrow(/block 2/);
  scene.relay.forgetUnused();
  scene.relay.forgetUnused();
  expect(scene.relay.damagedCount).toBe(1);
  expect((await entered(scene)).told).toEqual([expect.objectContaining({ type: "error" })]);
  expect(scene.failures).toHaveLength(1);
});

test("R77 a device is not told of a fork where the relay's own block is not what it was", async () => {
  const scene = new Scene();
  await scene.fill([]);
  const stream = new BlockStream(scene.signer, scene.id, log);
  const updates = [await stream.next(), await stream.next()];
  for (const update of updates) await scene.space.admit(log, update, null);
  await alter(scene.store, stream.name, 1, (block) =>
    block.seq === 1 ? { ...block, hash: "12".repeat(32) } : block,
  );
  scene.restart();
  await expect(scene.space.admit(log, updates[0] ?? new Uint8Array(0), null)).rejects.toThrow(/block 1/);
  expect(scene.failures).toHaveLength(1);
});

test("R77 a segment that rotted is not handed out", async () => {
  const scene = new Scene();
  await scene.fill([0, 0, 0, 0, 0]);
  const [[hash, bytes] = ["", null]] = scene.store.read(segmentsOf);
  await scene.store.write(({ segments }) => {
    const turned = (bytes ?? new Uint8Array(0)).map((byte, at) => (at === 40 ? byte ^ 1 : byte));
    segments.put(log, { number: 0, hash, byteCount: turned.length }, turned);
  });
  scene.restart();
  await expect(scene.space.history.segment(log, hash)).rejects.toThrow(/segment 0/);
  expect(scene.failures).toHaveLength(1);
});

test("S8, L5: what is made anew from a damaged relay is sound, keeps its good segments byte for byte and all blocks before the damage", async () => {
  const damage = fc.record({
    kind: fc.constantFrom("block", "segment", "manifest", "nothing"),
    at: fc.nat(20),
    stream: fc.nat(2),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(2), { minLength: 1, maxLength: 16 }),
      damage,
      async (order, { kind, at, stream }) => {
        const scene = new Scene();
        await scene.fill(order);
        const before = scene.store.read(segmentsOf);
        const ends = scene.store.read(endsOf);
        const name =
          scene.streams[stream]?.name ?? scene.streams.find((one) => one !== undefined)?.name ?? "";
        const tip = scene.store.read(({ blocks }) => blocks.tip(log, name)?.seq ?? 0);
        const firstOwn = scene.store.read(({ blocks }) =>
          [...Array(tip).keys()]
            .map((seq) => seq + 1)
            .find((seq) => blocks.segmentOf(log, name, seq) === null),
        );
        if (kind === "block" && firstOwn !== undefined) await alter(scene.store, name, firstOwn, rotten);
        const segment = at % Math.max(1, before.length);
        if (kind === "segment" && before.length > 0)
          await scene.store.write(({ segments }) => {
            const [hash, bytes] = before[segment] as [string, Uint8Array];
            const turned = bytes.map((byte, index) => (index === at + 20 ? byte ^ 16 : byte));
            segments.put(log, { number: segment, hash, byteCount: turned.length }, turned);
          });
        if (kind === "manifest")
          await scene.store.write(({ manifests }) => manifests.set(log, new Uint8Array([7, 7])));
        const fresh = memoryRelayStore(blockPorts);
        const ports = { ...openPorts, signer: scene.signer };
        const rebuilt = await rebuildSpace(ports, scene.id, new RelaySalvage(scene.store), fresh, pause);
        expect(await problemsOf(scene.id, fresh, toHex(scene.signer.publicKey))).toEqual([]);
        const kept = fresh.read(segmentsOf);
        const isCut = kind === "segment" && before.length > 0;
        expect(kept).toEqual(isCut ? before.slice(0, segment) : before);
        expect(rebuilt.lostSegments).toBe(before.length - kept.length);
        if (kind === "block" && firstOwn !== undefined)
          expect(rebuilt.lacking).toEqual([{ log, stream: name, tip, held: firstOwn - 1 }]);
        else if (!isCut) {
          expect(rebuilt.lacking).toEqual([]);
          expect(fresh.read(endsOf)).toEqual(ends);
        }
        for (const { stream: lost, tip: had, held } of rebuilt.lacking)
          expect(fresh.read(({ blocks }) => blocks.tip(log, lost)?.seq ?? 0)).toBe(Math.min(held, had));
        const manifest = decodeManifest(
          fresh.read(({ manifests }) => manifests.get(log)) ?? new Uint8Array(0),
        );
        expect(manifest?.segments.map(({ hash }) => hash) ?? []).toEqual(kept.map(([hash]) => hash));
        if (manifest !== null) expect(await isManifestSigned(verifyEd25519, manifest)).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});
