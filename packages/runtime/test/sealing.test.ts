import { toHex } from "@darksync/core/bytes";
import { isManifestSigned } from "@darksync/log/manifest";
import { openRun } from "@darksync/log/segment";
import { blockPorts, sha256, verifyEd25519 } from "@darksync/node/crypto";
import { openRelaySpaces } from "@darksync/node/sqlite/relay-spaces";
import { tagOf } from "@darksync/sync/digest";
import { describe, expect, onTestFinished, test } from "vitest";
import { save } from "../src/edit/save.js";
import { memoryRelaySpaces } from "../src/memory/relay-spaces.js";
import type { SealingPorts } from "../src/relay/sealer.js";
import type { RelaySpaces } from "../src/store/store.js";
import { failingWrites } from "./support/failing-writes.js";
import { testSealing } from "./support/sealing.js";
import {
  log,
  manifestOf,
  newcomerView,
  saveBlocks,
  segmentNumbers,
  segmentsOf,
  setUp,
  spaceOf,
} from "./support/sealing-bench.js";
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
  expect(spaceOf(bench.wire.relay, bench.space).history.isBusy).toBe(false);
  waiting.length = 0;
  await saveBlocks(bench, 20, 7);
  await bench.wire.relay.sealed();
  expect(waiting).toHaveLength(15);
  expect(
    (await manifestOf(bench.wire.relay, bench.space)).segments.map(({ changeCount }) => changeCount),
  ).toEqual([7, 20]);
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

test("R70 a segment has at most four times as many changes; its manifest counts its blocks", async () => {
  const spaces = memoryRelaySpaces(blockPorts);
  const bench = await setUp(spaces, testSealing(1_000_000));
  await saveBlocks(bench, 11);
  bench.wire.relay = newRelay(spaces, testSealing(2));
  await spaceOf(bench.wire.relay, bench.space).history.lookAtAll();
  await bench.wire.relay.sealed();
  const { segments } = await manifestOf(bench.wire.relay, bench.space);
  expect(segments.map(({ changeCount }) => changeCount)).toEqual([8, 3]);
  expect(segments.map(({ blockCount }) => blockCount)).toEqual([8, 3]);
});

test("R71 the only block of a stream gives its bytes back, too", async () => {
  const bench = await setUp(memoryRelaySpaces(blockPorts));
  const bob = await newReplica("Bob", "");
  await saveValue(bob, "Acme.byBob", 1);
  await mustSync(bob, bench.wire);
  await saveBlocks(bench, 4);
  await bench.wire.relay.sealed();
  expect(segmentNumbers(bench.wire.relay, bench.space)).toEqual([0, 0, 0, 0, 0]);
});
