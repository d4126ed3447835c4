import { cpSync } from "node:fs";
import { blockHash } from "@darksync/core/block";
import { toHex } from "@darksync/core/bytes";
import type { LogName } from "@darksync/core/vector";
import { decodeManifest, isManifestSigned, type SignedManifest } from "@darksync/log/manifest";
import { decodeSegment, openRun, type Segment } from "@darksync/log/segment";
import { blockPorts, sha256, systemRandom, verifyEd25519 } from "@darksync/node/crypto";
import { openRelaySpaces } from "@darksync/node/sqlite/relay-spaces";
import { tagOf } from "@darksync/sync/digest";
import { describe, expect, onTestFinished, test } from "vitest";
import { save } from "../src/edit/save.js";
import { memoryRelaySpaces } from "../src/memory/relay-spaces.js";
import { newSpaceId, type Relay } from "../src/relay/relay.js";
import type { RelaySpace } from "../src/relay/relay-space.js";
import type { SealingPorts } from "../src/relay/sealer.js";
import type { Replica } from "../src/replica/replica.js";
import type { RelaySpaces } from "../src/store/store.js";
import { StoreError } from "../src/store/store.js";
import { testSealing } from "./support/sealing.js";
import {
  contentOf,
  mustSync,
  newRelay,
  newReplica,
  saveValue,
  sync,
  testFolder,
  viewOf,
} from "./support/team.js";
import { Wire } from "./support/wire.js";

const log: LogName = "main/Acme";

const adapters: readonly (readonly [name: string, open: () => RelaySpaces])[] = [
  ["memory", () => memoryRelaySpaces(blockPorts)],
  [
    "SQLite",
    () => {
      const spaces = openRelaySpaces(testFolder());
      onTestFinished(() => spaces.close());
      return spaces;
    },
  ],
];

interface Bench {
  readonly spaces: RelaySpaces;
  readonly wire: Wire;
  readonly space: string;
  readonly ada: Replica;
}

async function setUp(spaces: RelaySpaces, sealing: SealingPorts = testSealing(5)): Promise<Bench> {
  const wire = new Wire(newRelay(spaces, sealing));
  const space = newSpaceId(systemRandom);
  const ada = await newReplica("Ada", space);
  await mustSync(ada, wire);
  return { spaces, wire, space, ada };
}

/** Saves so many values, each of which becomes a block of its own. */
async function saveBlocks({ ada, wire }: Bench, count: number, from = 0): Promise<void> {
  for (let value = from; value < from + count; value += 1) {
    await saveValue(ada, `Acme.value${value % 4}`, value);
    await mustSync(ada, wire);
  }
}

function spaceOf(relay: Relay, id: string): RelaySpace {
  const space = relay.space(id);
  if (space === null) throw new Error("no space");
  return space;
}

async function manifestOf(relay: Relay, id: string): Promise<SignedManifest> {
  const bytes = await spaceOf(relay, id).history.manifest(log);
  const manifest = bytes === null ? null : decodeManifest(bytes);
  if (manifest === null) throw new Error("no manifest");
  return manifest;
}

/** The segments that a manifest names, each as it is served. */
async function segmentsOf(relay: Relay, id: string): Promise<readonly Segment[]> {
  const segments: Segment[] = [];
  for (const { hash, byteCount } of (await manifestOf(relay, id)).segments) {
    const bytes = await spaceOf(relay, id).history.segment(log, hash);
    expect(bytes?.length).toBe(byteCount);
    const decoded = decodeSegment(blockPorts, hash, bytes ?? new Uint8Array());
    if (!decoded.ok) throw new Error(decoded.problem.message);
    segments.push(decoded.value);
  }
  return segments;
}

/** What a new member sees who asks for everything. */
async function newcomerView({ wire }: Bench): Promise<Readonly<Record<string, string>>> {
  const bob = await newReplica("Bob", "");
  await mustSync(bob, wire);
  return viewOf(bob);
}

/** Seqs of the log's blocks with the segment each lies in. */
function segmentNumbers(relay: Relay, id: string): readonly (number | null)[] {
  return spaceOf(relay, id).store.read(({ blocks }) =>
    [...blocks.tips(log)].flatMap(([stream, { seq }]) =>
      Array.from({ length: seq }, (_, index) => blocks.segmentOf(log, stream, index + 1)),
    ),
  );
}

describe.each(adapters)("over %s", (_, open) => {
  test("R70 what reaches the limit is sealed, signed by the relay and the same block for block", async () => {
    const bench = await setUp(open());
    const { wire, space, ada } = bench;
    await saveBlocks(bench, 5);
    await wire.relay.sealed();
    const before = contentOf(wire.relay, space);
    await saveBlocks(bench, 7, 5);
    await wire.relay.sealed();
    const manifest = await manifestOf(wire.relay, space);
    expect(manifest).toMatchObject({ space, log, publicKey: wire.relay.ports.signer.publicKey });
    expect(await isManifestSigned(verifyEd25519, manifest)).toBe(true);
    expect(manifest.segments.map(({ changeCount }) => changeCount)).toEqual([5, 5]);
    const content = contentOf(wire.relay, space);
    expect([...before.blocks].every((block) => content.blocks.has(block))).toBe(true);
    const segments = await segmentsOf(wire.relay, space);
    expect(segments.map(({ number }) => number)).toEqual([0, 1]);
    const sealed = segments.flatMap(({ runs }) => runs.flatMap((run) => openRun(sha256, run) ?? []));
    expect(sealed).toHaveLength(10);
    for (const { hash, header } of sealed)
      expect(content.blocks.has(`${log} ${header.stream} ${header.seq} ${hash}`)).toBe(true);
    const last = sealed.at(-1);
    expect(manifest.tips).toEqual([{ stream: last?.header.stream, seq: 10, tag: tagOf(last?.hash ?? "") }]);
    expect(segmentNumbers(wire.relay, space)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, null, null]);
    expect(wire.relay.counts).toMatchObject({ segmentsSealed: 2 });
    expect(await newcomerView(bench)).toEqual(viewOf(ada));
  });

  test("R71 what is read of a segment to be sent on is compressed", async () => {
    const bench = await setUp(open());
    const text = `"${"many words ".repeat(300)}"`;
    for (let value = 0; value < 5; value += 1) {
      const saved = await save(bench.ada, `Acme.text${value}`, `let text${value} = ${text}\n`);
      expect(saved.ok).toBe(true);
      await mustSync(bench.ada, bench.wire);
    }
    await bench.wire.relay.sealed();
    expect(segmentNumbers(bench.wire.relay, bench.space)).toEqual([0, 0, 0, 0, 0]);
    const sizes = spaceOf(bench.wire.relay, bench.space).store.read(({ blocks }) =>
      [...blocks.tips(log).keys()].flatMap((stream) =>
        blocks.read(log, stream, 1, 1_000_000).map(({ bytes }) => bytes.length),
      ),
    );
    expect(sizes).toHaveLength(5);
    for (const size of sizes) expect(size).toBeLessThan(1000);
  });

  test("R70 bytes count too, and a log that grew while nobody sealed is sealed when more comes", async () => {
    const spaces = open();
    const bench = await setUp(spaces, testSealing(1_000_000));
    await saveBlocks(bench, 12);
    await bench.wire.relay.sealed();
    expect(await spaceOf(bench.wire.relay, bench.space).history.manifest(log)).toBeNull();
    const sealing = testSealing(1_000_000);
    bench.wire.relay = newRelay(spaces, { ...sealing, limits: { ...sealing.limits, bytes: 600 } });
    await saveBlocks(bench, 1, 12);
    await bench.wire.relay.sealed();
    const { segments } = await manifestOf(bench.wire.relay, bench.space);
    expect(segments.reduce((sum, { changeCount }) => sum + changeCount, 0)).toBe(13);
    expect(await newcomerView(bench)).toEqual(viewOf(bench.ada));
  });

  test("R71 whatever write fails, nothing is lost or named that is not there, and it is done later", async () => {
    for (let failing = 1; failing <= 4; failing += 1) {
      const spaces = open();
      const bench = await setUp(spaces);
      await saveBlocks(bench, 4);
      const broken = failingWrites(spaces, failing);
      bench.wire.relay = newRelay(broken.spaces, testSealing(5), () => {});
      broken.arm();
      await saveBlocks(bench, 1, 4);
      await bench.wire.relay.sealed();
      expect(await newcomerView({ ...bench, wire: new Wire(newRelay(spaces)) })).toEqual(viewOf(bench.ada));
      bench.wire.relay = newRelay(spaces, testSealing(5));
      await saveBlocks(bench, 6, 5);
      await bench.wire.relay.sealed();
      const changes = (await manifestOf(bench.wire.relay, bench.space)).segments.map(
        (entry) => entry.changeCount,
      );
      expect(changes.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(10);
      await segmentsOf(bench.wire.relay, bench.space);
      const sealed = (await manifestOf(bench.wire.relay, bench.space)).tips[0]?.seq ?? 0;
      expect(segmentNumbers(bench.wire.relay, bench.space).slice(0, sealed)).not.toContain(null);
      expect(await newcomerView(bench)).toEqual(viewOf(bench.ada));
    }
  });
});

test("R71 a relay that is killed behind any write has all its blocks, and goes on sealing", async () => {
  const data = testFolder();
  const copies: { readonly folder: string; readonly blocks: ReadonlySet<string> }[] = [];
  const live = openRelaySpaces(data);
  onTestFinished(() => live.close());
  const bench = await setUp(live, testSealing(1_000_000));
  await saveBlocks(bench, 4);
  const watched = watchingWrites(live, () => {
    const folder = testFolder();
    cpSync(data, folder, { recursive: true });
    copies.push({ folder, blocks: contentOf(bench.wire.relay, bench.space).blocks });
  });
  bench.wire.relay = newRelay(watched, testSealing(5));
  await saveBlocks(bench, 8, 4);
  await bench.wire.relay.sealed();
  expect(spaceOf(bench.wire.relay, bench.space).history.head(log).number).toBe(2);
  // Eight blocks, two segments, and the rows of each.
  expect(copies).toHaveLength(8 + 2 + 2);
  for (const { folder, blocks } of copies) {
    const spaces = openRelaySpaces(folder);
    const relay = newRelay(spaces, testSealing(5));
    expectWholeBlocks(relay, bench.space, blocks);
    if (spaceOf(relay, bench.space).history.head(log).number > 0) await segmentsOf(relay, bench.space);
    await spaceOf(relay, bench.space).history.lookAtAll();
    await relay.sealed();
    expectWholeBlocks(relay, bench.space, blocks);
    expect(segmentNumbers(relay, bench.space).filter((number) => number === null).length).toBeLessThan(10);
    await relay.close();
  }
});

/** All blocks are there, and each is what its hash says, wherever it lies. */
function expectWholeBlocks(relay: Relay, id: string, expected: ReadonlySet<string>): void {
  const found = spaceOf(relay, id).store.read(({ blocks }) =>
    blocks.logs().flatMap((of) =>
      [...blocks.tips(of).keys()].flatMap((stream) =>
        blocks.read(of, stream, 1, 10_000_000).map(({ seq, hash, bytes }) => {
          expect(blockHash(blockPorts, bytes)).toBe(hash);
          return `${of} ${stream} ${seq} ${hash}`;
        }),
      ),
    ),
  );
  expect(new Set(found)).toEqual(expected);
}

test("R71 nothing is said of a segment before it is durable", async () => {
  const spaces = memoryRelaySpaces(blockPorts);
  const bench = await setUp(spaces);
  let release: (() => void) | null = null;
  let isHeld = false;
  const held: RelaySpaces = {
    list: () => spaces.list(),
    create: (id) => spaces.create(id),
    close: () => spaces.close(),
    open: (id) => {
      const store = spaces.open(id);
      if (store === null) return null;
      return {
        write: (work) => store.write(work),
        read: (work) => store.read(work),
        close: () => store.close(),
        durable: () => (isHeld ? new Promise((resolve) => (release = resolve)) : store.durable()),
      };
    },
  };
  bench.wire.relay = newRelay(held, {
    ...testSealing(5),
    compress: (body) => {
      isHeld = true;
      return testSealing(5).compress(body);
    },
  });
  const space = spaceOf(bench.wire.relay, bench.space);
  const told: number[] = [];
  space.listen({
    wants: () => true,
    onBlocks: () => {},
    onDurable: () => {},
    onSealed: (_, { number }) => told.push(number),
    onFailed: (error) => expect.unreachable(String(error)),
  });
  await saveBlocks(bench, 5);
  while (release === null) await new Promise((resolve) => setImmediate(resolve));
  expect(space.history.head(log).number).toBe(0);
  expect(told).toEqual([]);
  isHeld = false;
  (release as () => void)();
  await bench.wire.relay.sealed();
  expect(space.history.head(log).number).toBe(1);
  expect(told).toEqual([1]);
});

test("R72 a block that is not what its hash says is not sealed, and nothing of its space is taken or told any more", async () => {
  const spaces = memoryRelaySpaces(blockPorts);
  const bench = await setUp(spaces, testSealing(1_000_000));
  await saveBlocks(bench, 4);
  const store = spaces.open(bench.space);
  await store?.write(({ blocks }) => {
    const [stream] = blocks.tips(log).keys();
    if (stream === undefined) throw new Error("a stream");
    const stored = blocks.read(log, stream, 3, 1_000_000);
    blocks.truncate(log, stream, 2);
    for (const block of stored) {
      const bytes = block.bytes.map((byte, at) =>
        at === block.bytes.length - 70 && block.seq === 3 ? byte ^ 1 : byte,
      );
      blocks.append(log, stream, { ...block, bytes });
    }
  });
  const failures: unknown[] = [];
  bench.wire.relay = newRelay(spaces, testSealing(4), (error) => failures.push(error));
  await spaceOf(bench.wire.relay, bench.space).history.lookAtAll();
  await bench.wire.relay.sealed();
  expect(failures).toEqual([expect.objectContaining({ space: bench.space, code: "database-corrupt" })]);
  expect(String(failures[0])).toContain("block 3");
  expect(store?.read(({ manifests }) => manifests.get(log))).toBeNull();
  await saveValue(bench.ada, "Acme.value0", 9);
  const { problem } = await sync(bench.ada, bench.wire);
  expect(problem?.code).toBe("relay-database-corrupt");
  expect(failures).toHaveLength(1);
});

test("R70 where much comes in at once it is sealed when that is over, or when there is four times as much", async () => {
  const waiting: (() => void)[] = [];
  let calledOff = 0;
  const sealing: SealingPorts = {
    ...testSealing(5),
    limits: { changes: 5, bytes: 1_000_000, quietMs: 100 },
    timers: {
      after: (delayMs, callback) => {
        expect(delayMs).toBe(100);
        waiting.push(callback);
        return () => {
          calledOff += 1;
        };
      },
    },
  };
  const bench = await setUp(memoryRelaySpaces(blockPorts), sealing);
  await saveBlocks(bench, 7);
  await bench.wire.relay.sealed();
  expect([waiting.length, calledOff]).toEqual([3, 2]);
  expect(spaceOf(bench.wire.relay, bench.space).history.head(log).number).toBe(0);
  waiting.at(-1)?.();
  await bench.wire.relay.sealed();
  expect(
    (await manifestOf(bench.wire.relay, bench.space)).segments.map(({ changeCount }) => changeCount),
  ).toEqual([7]);
  waiting.length = 0;
  await saveBlocks(bench, 20, 7);
  await bench.wire.relay.sealed();
  expect(waiting).toHaveLength(15);
  expect(
    (await manifestOf(bench.wire.relay, bench.space)).segments.map(({ changeCount }) => changeCount),
  ).toEqual([7, 20]);
});

test("R71 a segment that could not be stored is made again after a while, and not with every commit", async () => {
  const spaces = memoryRelaySpaces(blockPorts);
  const rests: (() => void)[] = [];
  let compressions = 0;
  const quick = testSealing(5);
  const sealing: SealingPorts = {
    ...quick,
    compress: (body) => {
      compressions += 1;
      return quick.compress(body);
    },
    timers: {
      after: (_delayMs, callback) => {
        rests.push(callback);
        return () => {};
      },
    },
  };
  const bench = await setUp(spaces, testSealing(1_000_000));
  await saveBlocks(bench, 4);
  const broken = failingWrites(spaces, 1);
  const failures: unknown[] = [];
  bench.wire.relay = newRelay(broken.spaces, sealing, (error) => failures.push(error));
  broken.arm();
  await saveBlocks(bench, 1, 4);
  await bench.wire.relay.sealed();
  broken.disarm();
  await saveBlocks(bench, 3, 5);
  await bench.wire.relay.sealed();
  expect([compressions, failures.length, rests.length]).toEqual([1, 1, 1]);
  expect(await spaceOf(bench.wire.relay, bench.space).history.manifest(log)).toBeNull();
  rests[0]?.();
  await bench.wire.relay.sealed();
  expect(
    (await manifestOf(bench.wire.relay, bench.space)).segments.map(({ changeCount }) => changeCount),
  ).toEqual([8]);
});

test("R73 a relay that begins looks for logs that were to be sealed when it was stopped", async () => {
  const spaces = memoryRelaySpaces(blockPorts);
  const bench = await setUp(spaces, testSealing(1_000_000));
  await saveBlocks(bench, 6);
  bench.wire.relay = newRelay(spaces, testSealing(5));
  await spaceOf(bench.wire.relay, bench.space).history.lookAtAll();
  await bench.wire.relay.sealed();
  expect(
    (await manifestOf(bench.wire.relay, bench.space)).segments.map(({ changeCount }) => changeCount),
  ).toEqual([6]);
  expect(await spaceOf(bench.wire.relay, bench.space).history.manifest("auth")).toBeNull();
});

test("R73 a relay that is stopped breaks off a compression and leaves nothing half-made", async () => {
  const spaces = memoryRelaySpaces(blockPorts);
  const began = Promise.withResolvers<void>();
  const bench = await setUp(spaces, {
    ...testSealing(5),
    compress: () => {
      const { promise, reject } = Promise.withResolvers<Uint8Array>();
      began.resolve();
      return { compressed: promise, cancel: () => reject(new Error("cancelled")) };
    },
  });
  await saveBlocks(bench, 5);
  await began.promise;
  await bench.wire.relay.close();
  bench.wire.relay = newRelay(spaces, testSealing(5));
  expect(await spaceOf(bench.wire.relay, bench.space).history.manifest(log)).toBeNull();
  await saveBlocks(bench, 1, 5);
  await bench.wire.relay.sealed();
  expect(
    (await manifestOf(bench.wire.relay, bench.space)).segments.map(({ changeCount }) => changeCount),
  ).toEqual([6]);
});

test("R70 the address of a segment is the hash of its bytes", async () => {
  const bench = await setUp(memoryRelaySpaces(blockPorts));
  await saveBlocks(bench, 5);
  await bench.wire.relay.sealed();
  const [entry] = (await manifestOf(bench.wire.relay, bench.space)).segments;
  const space = spaceOf(bench.wire.relay, bench.space);
  const bytes = await space.history.segment(log, entry?.hash ?? "");
  expect(bytes === null ? "" : toHex(sha256(bytes))).toBe(entry?.hash);
  expect(await space.history.segment(log, "00".repeat(32))).toBeNull();
  expect(await space.history.segment("main/Other", entry?.hash ?? "")).toBeNull();
});

/** Spaces that call back behind each write. */
function watchingWrites(spaces: RelaySpaces, onWritten: () => void): RelaySpaces {
  return {
    list: () => spaces.list(),
    create: (id) => spaces.create(id),
    close: () => spaces.close(),
    open: (id) => {
      const store = spaces.open(id);
      if (store === null) return null;
      return {
        read: (work) => store.read(work),
        close: () => store.close(),
        durable: () => store.durable(),
        write: async (work) => {
          const value = await store.write(work);
          onWritten();
          return value;
        },
      };
    },
  };
}

/** Spaces whose stores fail at a write after they were armed, and at all that follow. */
function failingWrites(
  spaces: RelaySpaces,
  failing: number,
): { readonly spaces: RelaySpaces; arm(): void; disarm(): void } {
  let writes = 0;
  let isArmed = false;
  return {
    arm: () => {
      isArmed = true;
    },
    disarm: () => {
      isArmed = false;
      writes = 0;
    },
    spaces: {
      list: () => spaces.list(),
      create: (id) => spaces.create(id),
      close: () => spaces.close(),
      open: (id) => {
        const store = spaces.open(id);
        if (store === null) return null;
        return {
          read: (work) => store.read(work),
          close: () => store.close(),
          durable: () => store.durable(),
          write: async (work) => {
            // The first write is the client's; those after it are the sealer's.
            writes += isArmed ? 1 : 0;
            if (writes > failing) throw new StoreError("disk-full", "the disk is full", "make room");
            return store.write(work);
          },
        };
      },
    },
  };
}
