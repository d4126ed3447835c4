import { join } from "node:path";
import { toHex } from "@darksync/core/bytes";
import { success } from "@darksync/core/result";
import { decodeManifest, encodeManifest } from "@darksync/log/manifest";
import { encodeSegment } from "@darksync/log/segment";
import { blockPorts, openPorts, sha256, systemRandom } from "@darksync/node/crypto";
import { openReplicaStore } from "@darksync/node/sqlite/replica-store";
import { decodeMessage } from "@darksync/sync/message";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { rename } from "../src/edit/rename.js";
import { memoryRelaySpaces } from "../src/memory/relay-spaces.js";
import { memoryReplicaStore } from "../src/memory/replica-store.js";
import { newSpaceId } from "../src/relay/relay.js";
import { dropDamagedBlocks, refoldAll } from "../src/replica/full-sync.js";
import { digestsOf } from "../src/replica/log-view.js";
import { countPending } from "../src/replica/push-queue.js";
import type { Replica } from "../src/replica/replica.js";
import type { ReplicaStore } from "../src/store/store.js";
import { expectSound } from "./support/check.js";
import { cut, SealedSource, syncBySegments } from "./support/sealed-relay.js";
import { testSealing } from "./support/sealing.js";
import {
  changesOf,
  mustSync,
  newRelay,
  newReplica,
  newSigner,
  saveValue,
  testFolder,
  viewOf,
} from "./support/team.js";
import { Wire } from "./support/wire.js";

const log = "main/Acme";

interface Team {
  readonly wire: Wire;
  readonly source: SealedSource;
  readonly ada: Replica;
}

/** Ada, and a relay that seals so many changes at once. */
async function newTeam(changes = 4): Promise<Team> {
  const relay = newRelay(memoryRelaySpaces(blockPorts), testSealing(changes));
  const wire = new Wire(relay);
  const ada = await newReplica("Ada", newSpaceId(systemRandom));
  await mustSync(ada, wire);
  return { wire, source: new SealedSource(relay), ada };
}

/** Ada saves so many values, each of which becomes a block of its own; the relay seals them. */
async function saveBlocks({ ada, wire }: Team, count: number, from = 0): Promise<void> {
  for (let value = from; value < from + count; value += 1) {
    await saveValue(ada, `Acme.value${value % 5}`, value);
    await mustSync(ada, wire);
    await wire.relay.sealed();
  }
}

/** Somebody who has yet to join. */
function newcomer(name: string, store: ReplicaStore = memoryReplicaStore(blockPorts)): Promise<Replica> {
  return newReplica(name, "", store);
}

/** Whatever two who hold the same must agree on. */
function stateOf(replica: Replica): unknown {
  const { hash, store } = replica;
  return store.read(({ blocks, packages, changes }) => ({
    view: viewOf(replica),
    changes: changesOf(replica),
    digests: digestsOf(hash, blocks, blocks.logs()),
    conflicts: packages.conflicts(),
    setAside: changes.setAside().map(({ id, setAside }) => [id, setAside]),
    members: packages.registers("device"),
  }));
}

/** Whether blocks of a log came by the connection, from a message on. */
function blocksCame(wire: Wire, from: number): boolean {
  return wire.passed.slice(from).some(({ from: side, bytes }) => {
    const message = decodeMessage(bytes);
    return side === "relay" && message?.type === "update" && message.log === log;
  });
}

const stores: readonly (readonly [name: string, open: () => ReplicaStore])[] = [
  ["memory", () => memoryReplicaStore(blockPorts)],
  [
    "SQLite",
    () => {
      const store = openReplicaStore(join(testFolder(), "replica.db"));
      onTestFinished(() => store.close());
      return store;
    },
  ],
];

test.each(stores)(
  "R90 a newcomer fetches what is sealed and asks for the rest alone (%s)",
  async (_, open) => {
    const team = await newTeam();
    await saveBlocks(team, 8);
    const before = team.wire.passed.length;
    const bob = await newcomer("Bob", open());
    const outcome = await syncBySegments(bob, team.wire, team.source);
    expect(outcome).toMatchObject({ problem: null, detours: [] });
    expect(team.source.fetched(log)).toHaveLength(2);
    expect(blocksCame(team.wire, before)).toBe(false);
    await saveBlocks(team, 1, 8);
    await mustSync(bob, team.wire);
    const cleo = await newcomer("Cleo");
    await mustSync(cleo, team.wire);
    await mustSync(bob, team.wire);
    await mustSync(cleo, team.wire);
    expect(stateOf(bob)).toEqual(stateOf(cleo));
    await expectSound(bob);
    // The bytes are kept once.
    bob.store.read(({ blocks, segments }) => {
      expect(segments.list(log).map(({ heldBytes, byteCount }) => heldBytes === byteCount)).toEqual([
        true,
        true,
      ]);
      for (const [stream, { seq }] of blocks.tips(log)) {
        expect(blocks.read(log, stream, 1, 1_000_000).map((block) => block.seq)).toHaveLength(seq);
        expect(blocks.segmentOf(log, stream, 1)).toBe(0);
        expect(blocks.segmentOf(log, stream, seq)).toBeNull();
      }
    });
  },
);

test("R90, O8: whoever came by segments has what he has who asked: state, rows, digests", async () => {
  const action = fc.record({
    who: fc.nat(2),
    name: fc.constantFrom("Acme.a", "Acme.b", "Acme.M.c"),
    value: fc.nat(3),
    what: fc.constantFrom("save", "save", "save", "move", "sync", "sync"),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 8, maxLength: 30 }),
      fc.integer({ min: 1, max: 6 }),
      async (actions, changes) => {
        const relay = newRelay(memoryRelaySpaces(blockPorts), testSealing(changes));
        const wire = new Wire(relay);
        const ada = await newReplica("Ada", newSpaceId(systemRandom));
        await mustSync(ada, wire);
        const others = [await newcomer("Bob"), await newcomer("Cleo")];
        for (const other of others) await mustSync(other, wire);
        const members = [ada, ...others];
        for (const { who, name, value, what } of actions) {
          const member = members[who] ?? ada;
          if (what === "save") await saveValue(member, name, value);
          else if (what === "move") await rename(member, name, `${name}Moved${value}`);
          else await mustSync(member, wire);
          await relay.sealed();
        }
        for (const member of [...members, ...members]) await mustSync(member, wire);
        await relay.sealed();
        const asker = await newcomer("Dora");
        await mustSync(asker, wire);
        const store = openReplicaStore(join(testFolder(), "replica.db"));
        const cloner = await newcomer("Eve", store);
        const outcome = await syncBySegments(cloner, wire, new SealedSource(relay));
        expect(outcome).toMatchObject({ problem: null, detours: [] });
        await mustSync(asker, wire);
        expect(stateOf(cloner)).toEqual(stateOf(asker));
        await expectSound(cloner);
        store.close();
      },
    ),
    { numRuns: 25 },
  );
});

test("R92 a download that is cut at any byte goes on from there; nothing comes twice", async () => {
  const team = await newTeam();
  await saveBlocks(team, 4);
  const [entry] = (await manifestOf(team)).segments;
  const byteCount = entry?.byteCount ?? 0;
  for (let at = 0; at < byteCount; at += 23) {
    const source = new SealedSource(team.wire.relay);
    source.answerOf = (bytes, hash, offset) => {
      if (hash !== entry?.hash) return success(bytes);
      if (offset < at) return success(bytes.slice(0, at - offset));
      team.wire.cutAfter = 0;
      return cut;
    };
    const bob = await newcomer(`Bob${at}`);
    const first = await syncBySegments(bob, team.wire, source);
    expect(first.problem?.code).toBe("relay-unreachable");
    expect(bob.store.read(({ segments }) => segments.get(log, 0)?.heldBytes ?? 0)).toBe(at);
    const again = new SealedSource(team.wire.relay);
    team.wire.cutAfter = null;
    expect(await syncBySegments(bob, team.wire, again)).toMatchObject({ problem: null, detours: [] });
    expect(again.received.get(log)).toBe(byteCount - at);
    expect(viewOf(bob)).toEqual(viewOf(team.ada));
  }
  const source = new SealedSource(team.wire.relay);
  // Each answer ends early.
  source.answerOf = (bytes) => success(bytes.slice(0, 512));
  const cleo = await newcomer("Cleo");
  expect(await syncBySegments(cleo, team.wire, source)).toMatchObject({ problem: null, detours: [] });
  expect(source.received.get(log)).toBe(byteCount);
  expect(source.fetched(log)).toHaveLength(Math.ceil(byteCount / 512));
});

test("R92 a relay that gives a byte at a time is not asked for each of them", async () => {
  const team = await newTeam();
  await saveBlocks(team, 4);
  team.source.answerOf = (bytes) => success(bytes.slice(0, 1));
  const bob = await newcomer("Bob");
  const outcome = await syncBySegments(bob, team.wire, team.source);
  expect(outcome).toMatchObject({ problem: null, detours: [{ code: "relay-unreachable" }] });
  expect(team.source.fetched(log)).toHaveLength(2);
  expect(viewOf(bob)).toEqual(viewOf(team.ada));
});

test("R92 where only downloads are cut all is asked for, and nothing of them is kept", async () => {
  const team = await newTeam();
  await saveBlocks(team, 9);
  const bob = await newcomer("Bob");
  team.source.answerOf = (bytes, _hash, offset) => (offset === 0 ? success(bytes.slice(0, 20)) : cut);
  const outcome = await syncBySegments(bob, team.wire, team.source);
  expect(outcome).toMatchObject({ problem: null, detours: [{ code: "relay-unreachable" }] });
  expect(bob.store.read(({ segments }) => segments.list(log))).toEqual([]);
  expect(viewOf(bob)).toEqual(viewOf(team.ada));
  await expectSound(bob);
});

test("R92 a sync that was cut within segments goes on with those that are missing", async () => {
  const team = await newTeam();
  await saveBlocks(team, 24);
  const store = memoryReplicaStore(blockPorts);
  const bob = await newcomer("Bob", store);
  // The connection is cut while segments are fetched, after so many of them.
  let left = 2;
  const dying = new SealedSource(team.wire.relay);
  dying.answerOf = (bytes, _hash, offset) => {
    left -= 1;
    if (left < 0) return offset === 0 ? success(bytes.slice(0, 10)) : cut;
    if (left === 0) team.wire.cutAfter = 0;
    return success(bytes);
  };
  const first = await syncBySegments(bob, team.wire, dying);
  expect(
    bob.store.read((tables) => countPending(tables, log)),
    "R96: what came was the relay's",
  ).toBe(0);
  team.wire.cutAfter = null;
  const source = new SealedSource(team.wire.relay);
  const second = await syncBySegments(bob, team.wire, source);
  expect(second).toMatchObject({ problem: null, detours: [] });
  expect(first).toMatchObject({ pulled: 8 + 1, problem: { code: "relay-unreachable" } });
  expect(second.pulled).toBe(16);
  const total = (await manifestOf(team)).segments.reduce((sum, { byteCount }) => sum + byteCount, 0);
  expect((source.received.get(log) ?? 0) + (dying.received.get(log) ?? 0)).toBe(total);
  const asker = await newcomer("Cleo");
  await mustSync(asker, team.wire);
  await mustSync(bob, team.wire);
  await mustSync(asker, team.wire);
  expect(stateOf(bob)).toEqual(stateOf(asker));
});

/** What the relay of a team has sealed. */
async function manifestOf({ wire, ada }: Team) {
  const space = ada.store.read(({ meta }) => meta.get("space")) ?? "";
  const bytes = await wire.relay.space(space)?.history.manifest(log);
  const manifest = bytes === null || bytes === undefined ? null : decodeManifest(bytes);
  if (manifest === null) throw new Error("no manifest");
  return manifest;
}

/** Bob joins while the relay's history is not as it should be: he has all in the end, and is told. */
async function joinsAnyway(team: Team, source: SealedSource): Promise<readonly string[]> {
  const bob = await newcomer("Bob");
  const outcome = await syncBySegments(bob, team.wire, source);
  expect(outcome.problem).toBeNull();
  await mustSync(team.ada, team.wire);
  expect(stateOf(bob)).toEqual(stateOf(team.ada));
  await expectSound(bob);
  return outcome.detours.map(({ code }) => code);
}

test("R93 what is damaged, missing, too long, misplaced or forged is asked for block by block, and told", async () => {
  const team = await newTeam();
  await saveBlocks(team, 12);
  const { segments } = await manifestOf(team);
  const second = segments[1]?.hash ?? "";
  const spoiled = (answer: (bytes: Uint8Array) => ReturnType<SealedSource["answerOf"]>) => {
    const source = new SealedSource(team.wire.relay);
    source.answerOf = (bytes, hash) => (hash === second ? answer(bytes) : success(bytes));
    return joinsAnyway(team, source);
  };
  expect(await spoiled((bytes) => success(bytes.with(40, (bytes[40] ?? 0) ^ 1)))).toEqual(["wrong-hash"]);
  expect(await spoiled(() => cut)).toEqual(["relay-unreachable"]);
  expect(await spoiled(() => success(new Uint8Array(0)))).toEqual(["relay-unreachable"]);
  expect(await spoiled((bytes) => success(new Uint8Array(bytes.length + 1)))).toEqual(["malformed-segment"]);
});

test("R93 segments that a relay forges are refused, even signed by its key", async () => {
  const team = await newTeam();
  await saveBlocks(team, 4);
  const manifest = await manifestOf(team);
  const space = team.ada.store.read(({ meta }) => meta.get("space")) ?? "";
  const honest =
    (await team.wire.relay.space(space)?.history.segment(log, manifest.segments[0]?.hash ?? "")) ?? null;
  if (honest === null) throw new Error("no segment");
  const { decodeSegment } = await import("@darksync/log/segment");
  const decoded = decodeSegment(blockPorts, manifest.segments[0]?.hash ?? "", honest);
  if (!decoded.ok) throw new Error("no segment");
  const compress = async (body: Uint8Array) => openPorts.compression.compress("brotli", body);
  const serve = async (segment: typeof decoded.value, listed = segment.number): Promise<SealedSource> => {
    const bytes = await encodeSegment(compress, segment);
    const hash = toHex(sha256(bytes));
    const entry = { hash, byteCount: bytes.length, blockCount: 4, changeCount: 4 };
    const entries = Array.from({ length: listed + 1 }, () => entry);
    const forged = await encodeManifest(newSigner(), { ...manifest, segments: entries });
    const source = new SealedSource(team.wire.relay);
    source.manifestOf = (_, of) => (of === log ? forged : null);
    source.segment = async (_url, _space, _log, _hash, offset) => success(bytes.slice(offset));
    return source;
  };
  const [run] = decoded.value.runs;
  if (run === undefined) throw new Error("no run");
  const altered = run.blocks.map((block, index) =>
    index === 2 ? { ...block, expanded: block.expanded.with(20, (block.expanded[20] ?? 0) ^ 1) } : block,
  );
  const cutShort = { ...run, blocks: altered };
  expect(await joinsAnyway(team, await serve({ ...decoded.value, runs: [cutShort] }))).toEqual([
    "forged-segment",
  ]);
  expect(await joinsAnyway(team, await serve({ ...decoded.value, log: "main/Other" }))).toEqual([
    "wrong-segment",
  ]);
  expect(await joinsAnyway(team, await serve({ ...decoded.value, number: 7 }, 0))).toEqual(["wrong-segment"]);
  // A prefix is the devices' own: it is taken, and the rest asked for.
  const shorter = { ...run, blocks: run.blocks.slice(0, 2) };
  expect(await joinsAnyway(team, await serve({ ...decoded.value, runs: [shorter] }))).toEqual([]);
});

test("R91 the relay's key is pinned; another one is refused until a full sync trusts it", async () => {
  const team = await newTeam();
  await saveBlocks(team, 4);
  const bob = await newcomer("Bob");
  expect(await syncBySegments(bob, team.wire, team.source)).toMatchObject({ detours: [] });
  await saveBlocks(team, 12, 4);
  const moved = new SealedSource(team.wire.relay);
  const other = newSigner();
  const space = bob.store.read(({ meta }) => meta.get("space")) ?? "";
  const forgedOf = async (of: string) => {
    const bytes = await team.wire.relay.space(space)?.history.manifest(of);
    const manifest = bytes === null || bytes === undefined ? null : decodeManifest(bytes);
    return manifest === null ? null : encodeManifest(other, manifest);
  };
  const forged = new Map([
    [log, await forgedOf(log)],
    ["auth", await forgedOf("auth")],
  ]);
  moved.manifestOf = (_, of) => forged.get(of) ?? null;
  const detours = await syncBySegments(bob, team.wire, moved);
  expect(detours.detours.map(({ code }) => code)).toEqual(["relay-key-changed"]);
  expect(moved.fetched(log)).toEqual([]);
  expect(viewOf(bob)).toEqual(viewOf(team.ada));
  const trusting = await syncBySegments(bob, team.wire, moved, { isFull: true });
  expect(trusting).toMatchObject({ problem: null, detours: [] });
  expect(bob.store.read(({ meta }) => meta.get("relayKey"))).toBe(toHex(other.publicKey));
  const cleo = await newcomer("Cleo");
  moved.manifestOf = (_, of) => {
    const bytes = forged.get(of) ?? null;
    return bytes === null ? null : bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1);
  };
  const told = await syncBySegments(cleo, team.wire, moved);
  expect(told.detours.map(({ code }) => code)).toEqual(["bad-manifest"]);
  expect(viewOf(cleo)).toEqual(viewOf(team.ada));
});

test("R90 who lacks little asks as ever; who was long away fetches what was sealed meanwhile", async () => {
  const team = await newTeam();
  await saveBlocks(team, 8);
  const bob = await newcomer("Bob");
  await syncBySegments(bob, team.wire, team.source);
  await saveBlocks(team, 4, 8);
  team.source.asked.length = 0;
  expect(await syncBySegments(bob, team.wire, team.source)).toMatchObject({ pulled: 4, detours: [] });
  expect(team.source.asked).toEqual([]);
  // Ada made all of it and holds all of it.
  expect(await syncBySegments(team.ada, team.wire, team.source)).toMatchObject({ pulled: 0 });
  expect(team.source.asked).toEqual([]);
  await saveBlocks(team, 16, 12);
  expect(await syncBySegments(bob, team.wire, team.source)).toMatchObject({ pulled: 16, detours: [] });
  expect(team.source.fetched(log)).toHaveLength(4);
  expect(viewOf(bob)).toEqual(viewOf(team.ada));
  await expectSound(bob);
});

test.each(stores)(
  "R94, S7: a full sync replaces what is damaged by segments, and keeps bytes once (%s)",
  async (_, open) => {
    const team = await newTeam();
    await saveBlocks(team, 9);
    const bob = await newcomer("Bob", open());
    await mustSync(bob, team.wire);
    const stream = [...bob.store.read(({ blocks }) => blocks.tips(log).keys())][0] ?? "";
    expect(bob.store.read(({ blocks }) => blocks.segmentOf(log, stream, 1))).toBeNull();
    const full = async (damaged: number) => {
      expect(await dropDamagedBlocks(bob)).toBe(damaged);
      const outcome = await syncBySegments(bob, team.wire, team.source, { isFull: true });
      expect(outcome).toMatchObject({ problem: null, detours: [] });
      await refoldAll(bob);
      expect(viewOf(bob)).toEqual(viewOf(team.ada));
      await expectSound(bob);
    };
    await full(0);
    expect(bob.store.read(({ blocks }) => blocks.segmentOf(log, stream, 1))).toBe(0);
    expect(team.source.fetched(log)).toHaveLength(2);
    await bob.store.write(({ segments }) => {
      const held = segments.get(log, 1);
      if (held === null) throw new Error("no segment");
      segments.put(log, held, new Uint8Array(held.byteCount).fill(7));
    });
    await full(4);
    expect(team.source.fetched(log)).toHaveLength(3);
  },
);
