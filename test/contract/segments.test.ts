import { decodeBlock, openBlock, packPlainBlock, readChanges } from "@darksync/core/block";
import { toHex } from "@darksync/core/bytes";
import { encodeSegment, type SealedRun } from "@darksync/log/segment";
import { blockPorts } from "@darksync/node/crypto";
import { expect, test } from "vitest";
import { Author, bytesOf, log } from "../../packages/log/test/support/streams.js";
import { describeStores } from "./support/suite.js";

const [one, two] = [new Author(), new Author({ epoch: 2 })];
one.write(4, { changes: [bytesOf("let x = 1L"), bytesOf("let y = 2L")] });
two.write(2);

function openedOf(author: Author, seq: number) {
  const block = decodeBlock(author.blocks[seq - 1] ?? new Uint8Array(0));
  const opened = block === null ? null : openBlock(blockPorts, block);
  if (opened === null) throw new Error("no block");
  return opened;
}

/** Blocks `first` to `last` of an author, as a segment holds them. */
function runOf(author: Author, first: number, last: number): SealedRun {
  const blocks = Array.from({ length: last - first + 1 }, (_, index) => openedOf(author, first + index));
  return {
    stream: author.stream,
    firstSeq: first,
    prev: blocks[0]?.header.prev ?? "",
    blocks: blocks.map(({ header: { closes, auth, seen }, expanded, signature }) => {
      const changeCount = readChanges(expanded)?.length ?? 0;
      return { closes, auth, seen, changeCount, expanded, signature };
    }),
  };
}

async function segmentOf(number: number, ...runs: readonly SealedRun[]) {
  const compress = async (body: Uint8Array) => blockPorts.compression.compress("brotli", body);
  const bytes = await encodeSegment(compress, { log, number, runs });
  return { bytes, stored: { number, hash: toHex(blockPorts.hash(bytes)), byteCount: bytes.length } };
}

function place(author: Author, seq: number) {
  return { seq, hash: openedOf(author, seq).hash, changeCount: 2 };
}

/** A sealed block as it is read: with its hash, whatever it is packed in. */
function read(author: Author, seq: number) {
  const bytes = packPlainBlock(openedOf(author, seq));
  return { ...place(author, seq), bytes };
}

describeStores("SegmentStore", (bench) => {
  test("keeps segments with all, some or none of their bytes", async () => {
    const { bytes, stored } = await segmentOf(1, runOf(one, 1, 2));
    await bench.write(({ segments }) => {
      segments.put(log, stored, bytes.subarray(0, 10));
      segments.put(log, { number: 0, hash: "ab".repeat(32), byteCount: 7 }, new Uint8Array(0));
      segments.put("auth", { number: 0, hash: "cd".repeat(32), byteCount: 1 }, new Uint8Array(1));
    });
    bench.reopen();
    bench.read(({ segments }) => {
      expect(segments.list(log)).toEqual([
        { number: 0, hash: "ab".repeat(32), byteCount: 7, heldBytes: 0 },
        { ...stored, heldBytes: 10 },
      ]);
      expect(segments.bytes(log, 1)).toEqual(bytes.slice(0, 10));
      expect(segments.bytes(log, 0)).toEqual(new Uint8Array(0));
      expect(segments.bytes(log, 2)).toBeNull();
      expect(segments.get(log, 2)).toBeNull();
    });
    await bench.write(({ segments }) => {
      segments.put(log, stored, bytes);
      segments.remove(log, 0);
      segments.remove(log, 5);
    });
    bench.read(({ segments }) => {
      expect(segments.list(log)).toEqual([{ ...stored, heldBytes: bytes.length }]);
      expect(segments.list("auth")).toHaveLength(1);
    });
  });

  test("a block that lay in a segment can have bytes of its own again", async () => {
    const { bytes, stored } = await segmentOf(0, runOf(one, 1, 2));
    await bench.write(({ blocks, segments }) => {
      segments.put(log, stored, bytes);
      for (const seq of [1, 2]) blocks.seal(log, one.stream, place(one, seq), 0);
      segments.put(log, stored, new Uint8Array(0));
    });
    const own = new Uint8Array([1, 2, 3]);
    await bench.write(({ blocks }) => blocks.unseal(log, one.stream, 1, own));
    bench.reopen();
    bench.read(({ blocks }) => {
      expect(blocks.read(log, one.stream, 1, 1_000_000)).toEqual([{ ...place(one, 1), bytes: own }]);
      expect(blocks.segmentOf(log, one.stream, 1)).toBeNull();
      expect(blocks.segmentOf(log, one.stream, 2)).toBe(0);
      expect(blocks.tip(log, one.stream)?.seq).toBe(2);
    });
    await expect(bench.write(({ blocks }) => blocks.unseal(log, one.stream, 3, own))).rejects.toThrow(
      "not held",
    );
  });

  test("blocks that a segment holds are read from it, mixed with others", async () => {
    const { bytes, stored } = await segmentOf(0, runOf(one, 1, 3), runOf(two, 1, 2));
    await bench.write(({ segments, blocks }) => {
      segments.put(log, stored, bytes);
      for (const seq of [1, 2, 3]) blocks.seal(log, one.stream, place(one, seq), 0);
      for (const seq of [1, 2]) blocks.seal(log, two.stream, place(two, seq), 0);
      blocks.append(log, one.stream, { ...place(one, 4), bytes: new Uint8Array([4]) });
    });
    bench.reopen();
    bench.read(({ blocks }) => {
      const last = { ...place(one, 4), bytes: new Uint8Array([4]) };
      expect(blocks.read(log, one.stream, 1, 1_000_000)).toEqual([
        ...[1, 2, 3].map((seq) => read(one, seq)),
        last,
      ]);
      expect(blocks.read(log, one.stream, 2, 1)).toEqual([read(one, 2)]);
      expect(blocks.read(log, two.stream, 2, 9999)).toEqual([read(two, 2)]);
      expect(blocks.tip(log, one.stream)).toEqual({ seq: 4, hash: place(one, 4).hash });
      expect(blocks.segmentOf(log, one.stream, 3)).toBe(0);
      expect(blocks.segmentOf(log, one.stream, 4)).toBeNull();
      expect(blocks.segmentOf(log, one.stream, 5)).toBeNull();
    });
    await bench.write(({ blocks }) => blocks.truncate(log, one.stream, 2));
    bench.read(({ blocks }) => {
      expect(blocks.read(log, one.stream, 1, 1_000_000)).toEqual([1, 2].map((seq) => read(one, seq)));
      expect(blocks.tip(log, one.stream)).toEqual({ seq: 2, hash: place(one, 2).hash });
    });
  });

  test("a block that was held is sealed later; only the next one is new", async () => {
    const { bytes, stored } = await segmentOf(0, runOf(one, 1, 2));
    await bench.write(({ segments, blocks }) => {
      for (const seq of [1, 2, 3]) {
        const own = one.blocks[seq - 1] ?? new Uint8Array(0);
        blocks.append(log, one.stream, { ...place(one, seq), bytes: own });
      }
      segments.put(log, stored, bytes);
      for (const seq of [1, 2]) blocks.seal(log, one.stream, place(one, seq), 0);
    });
    bench.read(({ blocks }) => {
      expect(blocks.tip(log, one.stream)).toEqual({ seq: 3, hash: place(one, 3).hash });
      expect(blocks.read(log, one.stream, 1, 1_000_000)).toEqual([
        read(one, 1),
        read(one, 2),
        { ...place(one, 3), bytes: one.blocks[2] },
      ]);
    });
    const farther = { ...place(one, 4), seq: 5 };
    await expect(bench.write(({ blocks }) => blocks.seal(log, one.stream, farther, 0))).rejects.toThrow(
      "not the next",
    );
  });

  test("what was evicted or damaged is not read, and comes back with its bytes", async () => {
    const { bytes, stored } = await segmentOf(0, runOf(one, 1, 2));
    await bench.write(({ segments, blocks }) => {
      for (const seq of [1, 2]) blocks.seal(log, one.stream, place(one, seq), 0);
      segments.put(log, stored, new Uint8Array(0));
    });
    const readAll = () => bench.read(({ blocks }) => blocks.read(log, one.stream, 1, 1_000_000));
    expect(readAll).toThrow(expect.objectContaining({ code: "segment-evicted" }));
    await bench.write(({ segments }) => segments.put(log, stored, bytes.subarray(1)));
    expect(readAll).toThrow(expect.objectContaining({ code: "segment-evicted" }));
    await bench.write(({ segments }) => segments.put(log, stored, bytes.toReversed()));
    expect(readAll).toThrow(expect.objectContaining({ code: "database-corrupt" }));
    await bench.write(({ segments }) => segments.put(log, stored, bytes));
    expect(readAll()).toHaveLength(2);
  });

  test("reading stops before what was evicted, and counting does not need the bytes", async () => {
    const first = await segmentOf(0, runOf(one, 1, 2));
    const second = await segmentOf(1, runOf(one, 3, 4));
    await bench.write(({ segments, blocks }) => {
      segments.put(log, first.stored, first.bytes);
      segments.put(log, second.stored, new Uint8Array(0));
      for (const seq of [1, 2]) blocks.seal(log, one.stream, place(one, seq), 0);
      for (const seq of [3, 4]) blocks.seal(log, one.stream, place(one, seq), 1);
    });
    bench.read(({ blocks }) => {
      expect(blocks.read(log, one.stream, 1, 1_000_000)).toEqual([read(one, 1), read(one, 2)]);
      expect(() => blocks.read(log, one.stream, 3, 1)).toThrow(
        expect.objectContaining({ code: "segment-evicted", segments: [second.stored.hash] }),
      );
      expect(blocks.countChanges(log, one.stream, 1, 3)).toBe(4);
      expect(blocks.countChanges(log, one.stream, 0, 99)).toBe(8);
      expect(blocks.countChanges(log, two.stream, 0, 99)).toBe(0);
    });
  });
});
