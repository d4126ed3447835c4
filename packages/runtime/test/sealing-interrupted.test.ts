import { cpSync } from "node:fs";
import { blockHash } from "@darksync/core/block";
import { blockPorts } from "@darksync/node/crypto";
import { openRelaySpaces } from "@darksync/node/sqlite/relay-spaces";
import { expect, onTestFinished, test } from "vitest";
import { memoryRelaySpaces } from "../src/memory/relay-spaces.js";
import type { Relay } from "../src/relay/relay.js";
import type { SealingPorts } from "../src/relay/sealer.js";
import type { RelaySpaces } from "../src/store/store.js";
import { failingWrites } from "./support/failing-writes.js";
import { testSealing } from "./support/sealing.js";
import {
  log,
  manifestOf,
  saveBlocks,
  segmentNumbers,
  segmentsOf,
  setUp,
  spaceOf,
} from "./support/sealing-bench.js";
import { spacesWith } from "./support/spaces-with.js";
import { contentOf, newRelay, testFolder } from "./support/team.js";

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

test("R71 nothing is said of a segment before it is durable", async () => {
  const spaces = memoryRelaySpaces(blockPorts);
  const bench = await setUp(spaces);
  let release: (() => void) | null = null;
  let isHeld = false;
  const held = spacesWith(spaces, (store) => ({
    durable: () => (isHeld ? new Promise((resolve) => (release = resolve)) : store.durable()),
  }));
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
  await saveBlocks(bench, 5, 8);
  await bench.wire.relay.sealed();
  expect(
    (await manifestOf(bench.wire.relay, bench.space)).segments.map(({ changeCount }) => changeCount),
    "it is over then",
  ).toEqual([8, 5]);
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

/** Spaces that call back behind each write. */
function watchingWrites(spaces: RelaySpaces, onWritten: () => void): RelaySpaces {
  return spacesWith(spaces, (store) => ({
    write: async (work) => {
      const value = await store.write(work);
      onWritten();
      return value;
    },
  }));
}
