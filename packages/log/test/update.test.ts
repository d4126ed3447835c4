import { maxBlockBytes } from "@darksync/core/block";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { clientIdOf, clientsOf } from "../src/client-id.js";
import { firstHead, type Head } from "../src/head.js";
import { decodeStateVector, encodeStateVector, vectorOfClocks } from "../src/state-vector.js";
import { defaultUpdateLimits, encodeAppends, parseAppends, type Run } from "../src/update.js";
import { parseFor, stockDocument, textsOf, varUint, verdict } from "./support/documents.js";
import { sha256 } from "./support/ports.js";
import { bytesOf, plainStream } from "./support/streams.js";

const [alice, bob, carol] = [plainStream(1), plainStream(2), plainStream(3)];
const runs: readonly Run[] = [
  { stream: alice, firstSeq: 1, blocks: ["a1", "a2", "a3"].map(bytesOf) },
  { stream: bob, firstSeq: 1, blocks: [new Uint8Array(300).fill(7), new Uint8Array(0)] },
  { stream: carol, firstSeq: 1, blocks: Array.from({ length: 200 }, (_, index) => bytesOf(`c${index}`)) },
];
const sealedHead: Head = {
  number: 3,
  sealed: new Map([
    [alice, 4096],
    [carol, 1],
  ]),
};
const vectorOf = (list: readonly Run[]) =>
  new Map(list.map((run) => [run.stream, run.firstSeq - 1 + run.blocks.length]));

test("L1.1 a client id is 53 bits, and depends on the stream and the head alone", () => {
  const ids = Array.from({ length: 64 }, (_, number) => clientIdOf(sha256, alice, number));
  expect(new Set(ids).size).toBe(64);
  expect(ids.every(Number.isSafeInteger)).toBe(true);
  expect(Math.max(...ids)).toBeGreaterThan(2 ** 52);
  expect(clientIdOf(sha256, alice, 0)).toBe(ids[0]);
  expect(clientIdOf(sha256, bob, 0)).not.toBe(ids[0]);
  expect(ids[0]).toMatchInlineSnapshot(`5470812819406802`);
  expect(clientIdOf(() => new Uint8Array(32).fill(255), alice, 0)).toBe(Number.MAX_SAFE_INTEGER);
});

test("L1.4 an update is what stock Yjs sends: several streams, in full, in any order of the runs", () => {
  const stock = Y.encodeStateAsUpdate(stockDocument(firstHead, runs));
  expect(encodeAppends(sha256, firstHead, runs)).toEqual(stock);
  expect(encodeAppends(sha256, firstHead, [...runs].reverse())).toEqual(stock);
  expect(encodeAppends(sha256, firstHead, [])).toEqual(Y.encodeStateAsUpdate(new Y.Doc()));
});

test("L1.4 an update from a state vector is what stock Yjs sends", () => {
  const document = stockDocument(firstHead, runs);
  for (const held of [
    new Map([[alice, 1]]),
    new Map([
      [carol, 199],
      [bob, 1],
    ]),
    vectorOf(runs),
  ]) {
    const rest = runs.map((run) => {
      const from = held.get(run.stream) ?? 0;
      return { ...run, firstSeq: from + 1, blocks: run.blocks.slice(from) };
    });
    const stock = Y.encodeStateAsUpdate(document, encodeStateVector(sha256, firstHead, held));
    expect(encodeAppends(sha256, firstHead, rest)).toEqual(stock);
  }
});

test("L1.3 L1.4 after a seal the clocks begin at 0 again, and sealed blocks are left out", () => {
  const stock = stockDocument(sealedHead, runs);
  const afterSeal = runs.map((run) => ({
    ...run,
    firstSeq: (sealedHead.sealed.get(run.stream) ?? 0) + 1,
  }));
  const update = encodeAppends(sha256, sealedHead, afterSeal);
  expect(update).toEqual(Y.encodeStateAsUpdate(stock));
  const withSealed = afterSeal.map((run) =>
    run.stream === carol ? { ...run, firstSeq: 1, blocks: [bytesOf("sealed"), ...run.blocks] } : run,
  );
  expect(encodeAppends(sha256, sealedHead, withSealed)).toEqual(update);
  const onlySealed = { stream: carol, firstSeq: 1, blocks: [bytesOf("sealed")] };
  expect(encodeAppends(sha256, sealedHead, [onlySealed])).toEqual(Uint8Array.of(0, 0));
  expect(encodeStateVector(sha256, sealedHead, vectorOf(afterSeal))).toEqual(Y.encodeStateVector(stock));
});

test("L1.2 stock Yjs reads our updates as plain bytes in the arrays of the streams", () => {
  const document = new Y.Doc();
  Y.applyUpdate(document, encodeAppends(sha256, firstHead, runs));
  expect(textsOf(document, alice)).toEqual(["a1", "a2", "a3"]);
  expect(document.getArray(carol).length).toBe(200);
  expect([...document.share.keys()].sort()).toEqual([alice, bob, carol].sort());
});

test("L2.10 what was encoded is read again, blocks that are held included", () => {
  const document = stockDocument(firstHead, runs);
  const update = encodeAppends(sha256, firstHead, runs);
  const byName = (list: readonly Run[]) => [...list].sort((one, two) => (one.stream < two.stream ? -1 : 1));
  for (const receiver of [document, new Y.Doc()]) {
    const parsed = parseFor(receiver, [alice, bob, carol], update);
    expect(parsed.ok && byName(parsed.runs)).toEqual(byName(runs));
  }
});

test("L2.10 blocks that were read are plain bytes, even out of a Buffer", () => {
  const parsed = parseFor(new Y.Doc(), [], Buffer.from(encodeAppends(sha256, firstHead, runs)));
  const block = parsed.ok ? parsed.runs[0]?.blocks[0] : undefined;
  expect(block?.constructor).toBe(Uint8Array);
});

test("L1.3 L2.6 in a later head the numbers go on from the sealed blocks", () => {
  const run = { stream: alice, firstSeq: 4097, blocks: [bytesOf("a4097")] };
  const update = encodeAppends(sha256, sealedHead, [run]);
  const known = (nextSeq: number) =>
    parseAppends(sha256, sealedHead, update, () => ({ stream: alice, nextSeq }));
  expect(known(4097)).toEqual({ ok: true, runs: [run] });
  expect(parseAppends(sha256, sealedHead, update, () => null)).toEqual({ ok: true, runs: [run] });
  expect(known(4000)).toMatchObject({
    ok: false,
    refusal: { code: "gap", stream: alice, held: 3999, firstSeq: 4097 },
  });
  expect(verdict(parseFor(new Y.Doc(), [], update, firstHead))).toBe("wrong-array");
});

test("L1.6 of two streams with one client id the lower name stays", () => {
  const weakHash = () => new Uint8Array(32).fill(9);
  const [low, high] = [alice, bob].sort();
  if (low === undefined || high === undefined) throw new Error("two streams");
  const both = [high, low].map((stream) => ({ stream, firstSeq: 1, blocks: [bytesOf(stream)] }));
  expect(encodeAppends(weakHash, firstHead, both)).toEqual(encodeAppends(weakHash, firstHead, both.slice(1)));
  expect([...clientsOf(weakHash, 0, [high, low]).values()]).toEqual([low]);
  expect(decodeStateVector(encodeStateVector(weakHash, firstHead, vectorOf(both)))?.size).toBe(1);
});

test("L1.4 two runs of one stream in one update are a mistake of the caller", () => {
  const run = { stream: alice, firstSeq: 1, blocks: [bytesOf("a1")] };
  expect(() => encodeAppends(sha256, firstHead, [run, run])).toThrow("two runs");
});

test("L1.5 a state vector is what stock Yjs sends, and is read back", () => {
  const stock = Y.encodeStateVector(stockDocument(firstHead, runs));
  expect(encodeStateVector(sha256, firstHead, vectorOf(runs))).toEqual(stock);
  expect(encodeStateVector(sha256, firstHead, new Map())).toEqual(Y.encodeStateVector(new Y.Doc()));
  const clocks = decodeStateVector(stock);
  expect(clocks).toEqual(Y.decodeStateVector(stock));
  const streams = [alice, bob, carol, plainStream(4)];
  expect(vectorOfClocks(sha256, firstHead, streams, clocks ?? new Map())).toEqual(vectorOf(runs));
  expect(vectorOfClocks(sha256, sealedHead, [alice, bob], new Map())).toEqual(new Map([[alice, 4096]]));
});

test("L1.5 bytes that are no state vector give null", () => {
  const padded = [...new Array<number>(200).fill(0x80), 0];
  for (const bytes of [
    [],
    [1],
    [1, 2],
    [0, 0],
    [1, 1, 1, 9],
    padded,
    [1, ...padded, 1],
    [0xff, 0xff, 0xff],
  ]) {
    expect(decodeStateVector(Uint8Array.from(bytes))).toBeNull();
  }
});

test("L2.8 blocks, structs and clients above the limits are refused", () => {
  const parse = (list: readonly Run[], limits: Partial<typeof defaultUpdateLimits> = {}) =>
    verdict(
      parseAppends(sha256, firstHead, encodeAppends(sha256, firstHead, list), () => null, {
        ...defaultUpdateLimits,
        ...limits,
      }),
    );
  const single = (size: number) => [{ stream: alice, firstSeq: 1, blocks: [new Uint8Array(size)] }];
  expect(parse(single(maxBlockBytes))).toBe("accepted");
  expect(parse(single(maxBlockBytes + 1))).toBe("block-too-large");
  expect(parse(runs, { maxStructs: 205 })).toBe("accepted");
  expect(parse(runs, { maxStructs: 204 })).toBe("too-many");
  expect(parse(runs, { maxClients: 2 })).toBe("too-many");
});

test("L2.8 L2.9 sizes that are promised and not kept are refused at once", () => {
  const client = clientIdOf(sha256, alice, 0);
  const huge = varUint(Number.MAX_SAFE_INTEGER);
  const notANumber = [...new Array<number>(200).fill(0x80), 0];
  const start = [1, 1, ...varUint(client), 0, 3, 1, ...varUint(alice.length), ...bytesOf(alice)];
  const cases: readonly (readonly [readonly number[], string])[] = [
    [huge, "too-many"],
    [[1, ...huge, ...varUint(client), 0], "too-many"],
    [[...start, ...huge], "block-too-large"],
    [[...start, ...notANumber], "malformed"],
    [[...start, ...varUint(2 ** 53)], "malformed"],
    [[1, ...notANumber, ...varUint(client), 0, 0], "malformed"],
    [[1, 1, ...varUint(client), ...huge, 0x83, ...varUint(client), ...huge, 0, 0], "malformed"],
    [[1, 1, ...varUint(client), 0, 3, 1, ...huge], "malformed"],
    [[1, 0, ...varUint(client), 0, 0], "malformed"],
    [[...start, 1, 65], "malformed"],
    [[...start, 1, 65, 0, 0], "trailing-bytes"],
    [[...start, 1, 65, 0], "accepted"],
    [[], "malformed"],
  ];
  for (const [bytes, code] of cases)
    expect(verdict(parseFor(new Y.Doc(), [], Uint8Array.from(bytes)))).toBe(code);
});

test("L2.9 a client twice, or clients in ascending order, are refused", () => {
  const update = encodeAppends(sha256, firstHead, runs.slice(0, 1));
  const section = update.subarray(1, -1);
  expect(verdict(parseFor(new Y.Doc(), [], Uint8Array.of(2, ...section, ...section, 0)))).toBe(
    "clients-unsorted",
  );
  const other = encodeAppends(sha256, firstHead, runs.slice(1, 2)).subarray(1, -1);
  const orders = [
    [...section, ...other],
    [...other, ...section],
  ].map((sections) => verdict(parseFor(new Y.Doc(), [], Uint8Array.of(2, ...sections, 0))));
  expect(orders.sort()).toEqual(["accepted", "clients-unsorted"]);
});
