import { decodeBlock, type OpenBlock, openBlock, readChanges } from "@darksync/core/block";
import { bytesOfHex, toHex } from "@darksync/core/bytes";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeSegment,
  encodeSegment,
  maxSegmentBytes,
  openRun,
  type SealedRun,
  type Segment,
} from "../src/segment.js";
import { golden } from "./support/golden.js";
import { compression, sha256, testKeyOf } from "./support/ports.js";
import { Author, bytesOf, closingOf, log, plainStream, seenOf } from "./support/streams.js";

const ports = { hash: sha256, compression };
const compress = async (body: Uint8Array) => compression.compress("brotli", body);

function opened(bytes: Uint8Array): OpenBlock {
  const block = decodeBlock(bytes);
  const open = block === null ? null : openBlock(ports, block);
  if (open === null) throw new Error("no block");
  return open;
}

/** The blocks of an author from `firstSeq` on, as a segment holds them. */
function runOf(author: Author, firstSeq = 1): SealedRun {
  const blocks = author.blocks.slice(firstSeq - 1).map(opened);
  return {
    stream: author.stream,
    firstSeq,
    prev: blocks[0]?.header.prev ?? "",
    blocks: blocks.map(({ header: { closes, auth, seen }, expanded, signature }) => {
      const changeCount = readChanges(expanded)?.length ?? 0;
      return { closes, auth, seen, changeCount, expanded, signature };
    }),
  };
}

function decodeOwn(bytes: Uint8Array): Segment | null {
  const decoded = decodeSegment(ports, toHex(sha256(bytes)), bytes);
  if (!decoded.ok) return null;
  const { log: name, number, runs } = decoded.value;
  return { log: name, number, runs };
}

function sample(): { readonly authors: readonly Author[]; readonly segment: Segment } {
  const [one, two] = [new Author({ key: testKeyOf(1) }), new Author({ key: testKeyOf(2), epoch: 2 })];
  one.write(3, { changes: [bytesOf("let x = 1"), bytesOf("let y = 1")] });
  one.write(1, { auth: new Map([[plainStream(1), 2]]), seen: seenOf("main/Acme", plainStream(2), 700) });
  two.write(1, { closes: closingOf(one, 2) });
  two.write(1);
  return { authors: [one, two], segment: { log, number: 3, runs: [runOf(two), runOf(one, 2)] } };
}

describe("L6 segments", () => {
  test("L6.2 the blocks come out with the hashes and signatures that they had", async () => {
    const { authors, segment } = sample();
    const decoded = decodeOwn(await encodeSegment(compress, segment));
    expect(decoded).toMatchObject({ log, number: 3 });
    for (const author of authors) {
      const run = decoded?.runs.find(({ stream }) => stream === author.stream);
      const expected = author.blocks.slice((run?.firstSeq ?? 1) - 1).map(opened);
      const found = run === undefined ? null : openRun(sha256, run);
      expect(found?.map(({ hash, signed }) => [hash, toHex(signed)])).toEqual(
        expected.map(({ hash, signed }) => [hash, toHex(signed)]),
      );
      expect(found?.map(({ header }) => header.closes)).toEqual(expected.map(({ header }) => header.closes));
    }
  });

  test("L6.2 any runs come back as they were", async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 });
    const vector = fc.dictionary(fc.constantFrom(...[1, 2, 3].map(plainStream)), fc.nat()).map(toMap);
    const block = fc.record({
      closes: fc.option(
        fc.record({
          epoch: hexOf(8),
          seq: fc.nat(),
          hash: hexOf(32),
        }),
      ),
      auth: vector,
      seen: fc.dictionary(fc.constantFrom("auth", "main/Acme", "main/é"), vector).map(toMap),
      changeCount: fc.integer({ min: 1, max: 5000 }),
      expanded: bytes,
      signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
    });
    const run = fc.record({
      stream: fc.nat({ max: 255 }).map(plainStream),
      firstSeq: fc.integer({ min: 1, max: 2 ** 40 }),
      prev: hexOf(32),
      blocks: fc.array(block, { minLength: 1, maxLength: 5 }),
    });
    const runs = fc.uniqueArray(run, { minLength: 1, maxLength: 5, selector: ({ stream }) => stream });
    await fc.assert(
      fc.asyncProperty(runs, fc.nat(), async (list, number) => {
        const sorted = [...list].sort((left, right) => (left.stream < right.stream ? -1 : 1));
        const decoded = decodeOwn(await encodeSegment(compress, { log, number, runs: list }));
        expect(decoded).toEqual({ log, number, runs: sorted });
      }),
      { numRuns: 200 },
    );
  });

  test("L6.3 a segment that is not the one asked for is refused, whatever it holds", async () => {
    const bytes = await encodeSegment(compress, sample().segment);
    const address = toHex(sha256(bytes));
    for (let at = 0; at < bytes.length; at += 1) {
      for (const flip of [1, 0x80]) {
        const altered = bytes.map((byte, index) => (index === at ? byte ^ flip : byte));
        expect(decodeSegment(ports, address, altered)).toMatchObject({ problem: { code: "wrong-hash" } });
      }
      expect(decodeSegment(ports, address, bytes.subarray(0, at)).ok).toBe(false);
    }
    expect(decodeSegment(ports, address, Uint8Array.of(...bytes, 0)).ok).toBe(false);
    expect(decodeSegment(ports, address, bytes).ok).toBe(true);
  });

  test("L6.3 bytes that are no segment are told, under any address, and never throw", async () => {
    const valid = await encodeSegment(compress, sample().segment);
    for (let length = 0; length < valid.length; length += 1)
      expect(decodeOwn(valid.subarray(0, length))).toBeNull();
    expect(decodeOwn(new Uint8Array(maxSegmentBytes + 1))).toBeNull();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(), fc.nat({ max: 7 }), (noise, at, bit) => {
        decodeOwn(noise);
        decodeOwn(Uint8Array.of(1, 1, 97, 0, noise.length, ...noise));
        const altered = valid.map((byte, index) => (index === at % valid.length ? byte ^ (1 << bit) : byte));
        const decoded = decodeOwn(altered);
        for (const run of decoded?.runs ?? []) openRun(sha256, run);
      }),
      { numRuns: 2000 },
    );
  });

  test("L6.3 a body whose frames lie is no segment", async () => {
    const [run] = sample().segment.runs;
    if (run === undefined) throw new Error("a run");
    const [block] = run.blocks;
    if (block === undefined) throw new Error("a block");
    const lies: readonly (readonly SealedRun[])[] = [
      [],
      [{ ...run, blocks: [] }],
      [{ ...run, firstSeq: 0 }],
      [{ ...run, firstSeq: Number.MAX_SAFE_INTEGER }],
      [run, run],
      [{ ...run, blocks: [{ ...block, changeCount: 0 }] }],
      [{ ...run, blocks: [block, { ...block, changeCount: 131_072 }] }],
      [{ ...run, blocks: [{ ...block, expanded: new Uint8Array(2 ** 20) }] }],
      [{ ...run, blocks: [{ ...block, signature: new Uint8Array(63) }] }],
    ];
    for (const runs of lies)
      expect(decodeOwn(await encodeSegment(compress, { log, number: 0, runs }))).toBeNull();
    const full = [{ ...run, blocks: [{ ...block, changeCount: 131_072 }] }];
    expect(decodeOwn(await encodeSegment(compress, { log, number: 0, runs: full }))).not.toBeNull();
    for (const name of ["", "x", "main/a b"])
      expect(decodeOwn(await encodeSegment(compress, { log: name, number: 0, runs: [run] }))).toBeNull();
  });

  test("L6.3 a body that is longer than it says, or than any may be, is not expanded", async () => {
    const bomb = async (body: Uint8Array) => compression.compress("brotli", new Uint8Array(body.length * 2));
    expect(decodeOwn(await encodeSegment(bomb, sample().segment))).toBeNull();
    const [run] = sample().segment.runs;
    const block = run?.blocks[0];
    if (run === undefined || block === undefined) throw new Error("a block");
    const blocks = new Array(30).fill({ ...block, expanded: new Uint8Array(600_000) });
    await expect(encodeSegment(compress, { log, number: 0, runs: [{ ...run, blocks }] })).rejects.toThrow(
      "do not fit",
    );
  });

  test("L6.2 the golden segment is read as it was", async () => {
    const { segment } = sample();
    const plain = (value: Segment) => JSON.parse(JSON.stringify(value, forJson)) as unknown;
    const file = await golden("segment", async () => ({
      segment: plain(segment),
      hex: toHex(await encodeSegment(compress, segment)),
    }));
    const decoded = decodeOwn(bytesOfHex(file.hex));
    expect(decoded === null ? null : plain(decoded)).toEqual(file.segment);
  });
});

function hexOf(length: number): fc.Arbitrary<string> {
  return fc.uint8Array({ minLength: length, maxLength: length }).map(toHex);
}

function toMap<Value>(entries: Record<string, Value>): ReadonlyMap<string, Value> {
  return new Map(Object.entries(entries));
}

function forJson(_key: string, value: unknown): unknown {
  if (value instanceof Map) return [...value];
  return value instanceof Uint8Array ? toHex(value) : value;
}
