import { decodeBlock, openBlock, packBlock } from "@darksync/core/block";
import { expect, test } from "vitest";
import { admit, expectLastRefused, holding, outcome } from "./support/admitting.js";
import { compression, newKey, sha256 } from "./support/ports.js";
import { Author, bytesOf, closingOf, Holder, log, plainStream } from "./support/streams.js";

test("C2.1 bytes that are no block", async () => {
  for (const bytes of [new Uint8Array(0), new Uint8Array(64), new Uint8Array(500).fill(255), bytesOf("hi")]) {
    const author = new Author();
    author.write(2);
    author.blocks.push(bytes);
    await expectLastRefused(author, "malformed-block");
  }
});

test("C2.1 a number that reads as NaN or beyond 2^53, in a block that its device signed", async () => {
  for (const number of [
    [...new Array<number>(200).fill(0x80), 0],
    [...new Array<number>(7).fill(0xff), 0x1f],
  ]) {
    const author = new Author();
    const auth = new Map([[plainStream(7), 1]]);
    const alter = (unsigned: Uint8Array) => {
      const at = Buffer.from(unsigned).indexOf(Buffer.alloc(40, 7)) + 40;
      return Uint8Array.of(...unsigned.subarray(0, at), ...number, ...unsigned.subarray(at + 1));
    };
    author.write(1, { auth, alter });
    await expectLastRefused(author, "malformed-block");
  }
});

test("C2.1 a run of a name that is no stream's, or of a number that is none", async () => {
  const blocks = [new Author().block()];
  for (const run of [
    { stream: "", firstSeq: 1, blocks },
    { stream: `${plainStream(1)}0`, firstSeq: 1, blocks },
    { stream: plainStream(1), firstSeq: 0, blocks },
    { stream: plainStream(1), firstSeq: Number.NaN, blocks },
  ]) {
    expect((await admit(new Holder(), run)).refused[0]?.problem.code).toBe("malformed-block");
  }
});

test("C2.2 a block of another stream or of another seq", async () => {
  const [author, other] = [new Author(), new Author()];
  author.write(2);
  author.blocks.push(author.block({ stream: other.stream }));
  await expectLastRefused(author, "wrong-place");
  author.blocks.pop();
  author.blocks.push(author.block({ seq: 4 }));
  await expectLastRefused(author, "wrong-place");
  expect(outcome(await admit(new Holder(), { ...author.run(), stream: other.stream })).refused).toEqual([
    [1, "wrong-place"],
  ]);
});

test("C2.3 a block that does not follow the one before it", async () => {
  const author = new Author();
  author.write(2);
  author.write(1, { prev: author.root });
  await expectLastRefused(author, "broken-chain");
  author.blocks.pop();
  const holder = await holding(author);
  author.write(1, { prev: author.root });
  await expectLastRefused(author, "broken-chain", holder);
});

test("C2.3 blocks of another log or another space do not count here", async () => {
  const author = new Author();
  author.write(2);
  for (const elsewhere of [new Holder("space-2", log), new Holder("space-1", "main/Other")]) {
    expect(outcome(await admit(elsewhere, author.run()))).toEqual({
      admitted: [],
      refused: [[1, "broken-chain"]],
    });
  }
});

test("C2.4 a block in another's name", async () => {
  const author = new Author();
  author.write(2);
  author.write(1, { signer: newKey() });
  await expectLastRefused(author, "bad-signature");
});

test("C2.4 a block that was altered on the way, at the end of a run or within", async () => {
  const author = new Author();
  author.write(3);
  for (const seq of [1, 2, 3]) {
    const run = author.run();
    const insidePayload = (run.blocks[seq - 1]?.length ?? 0) - 70;
    const altered = run.blocks.map((block, index) =>
      index === seq - 1 ? block.map((byte, at) => (at === insidePayload ? byte ^ 1 : byte)) : block,
    );
    expect(outcome(await admit(new Holder(), { ...run, blocks: altered }))).toEqual({
      admitted: [1, 2, 3].slice(0, seq - 1),
      refused: [[seq, "bad-signature"]],
    });
  }
});

test("C2.1 a payload that does not unpack, or is longer than it says", async () => {
  const sizeAt = (packed: Uint8Array) => packed.length - 2 - bytesOf("change 2").length - 1;
  const alterations: readonly ((packed: Uint8Array) => Uint8Array)[] = [
    (packed) => packed.map((byte, at) => (at === sizeAt(packed) - 1 ? 2 : byte)),
    (packed) => packed.map((byte, at) => (at === sizeAt(packed) ? 5 : byte)),
  ];
  for (const alter of alterations) {
    const author = new Author();
    author.write(2);
    author.write(1, { alter });
    expect(decodeBlock(author.blocks[2] ?? bytesOf(""))).not.toBeNull();
    await expectLastRefused(author, "malformed-block");
  }
});

test("C2.1 a small payload that would unpack to a large one", async () => {
  const author = new Author();
  const bomb = compression.compress("deflate-raw", new Uint8Array(50_000_000));
  const alter = (packed: Uint8Array) => {
    const header = packed.subarray(0, packed.length - 12);
    const { length } = bomb;
    const size = [0x80 | (length & 127), 0x80 | ((length >> 7) & 127), length >> 14];
    return new Uint8Array(Buffer.concat([header, Uint8Array.of(1, 0x80, 0x80, 0x20, ...size), bomb]));
  };
  author.write(1, { alter });
  expect(decodeBlock(author.blocks[0] ?? bytesOf(""))).toMatchObject({ method: "deflate-raw" });
  await expectLastRefused(author, "malformed-block");
});

test("C2.5 a payload that its device signed and that holds no change, or half of one", async () => {
  for (const payload of [[], [9, 1]]) {
    const alter = (packed: Uint8Array) => {
      const start = packed.subarray(0, packed.length - 2 - bytesOf("change 2").length - 1);
      return Uint8Array.of(...start, payload.length, payload.length, ...payload);
    };
    const author = new Author();
    author.write(2);
    author.write(1, { alter });
    await expectLastRefused(author, "bad-payload");
  }
});

test("C2.3 the same block, packed otherwise, is the same block", async () => {
  const author = new Author();
  author.write(2, { changes: [bytesOf("one ".repeat(500))] });
  const repacked = author.blocks.map((bytes) => packedPlain(bytes));
  expect(repacked[1]?.length).toBeGreaterThan(author.blocks[1]?.length ?? 0);
  const holder = await holding(author);
  author.write(1);
  const blocks = [...repacked, ...author.blocks.slice(2)];
  expect(outcome(await admit(holder, { ...author.run(), blocks }))).toEqual({ admitted: [3], refused: [] });
  expect(outcome(await admit(new Holder(), { ...author.run(), blocks })).admitted).toEqual([1, 2, 3]);
});

function packedPlain(bytes: Uint8Array): Uint8Array {
  const block = decodeBlock(bytes);
  const opened = block === null ? null : openBlock({ hash: sha256, compression }, block);
  if (opened === null) throw new Error("no block");
  return packBlock({ ...compression, compress: (_, payload) => payload }, opened, 1);
}

test("C3.1 two blocks at one seq by the same device are a fork; the block held stands", async () => {
  const author = new Author();
  author.write(2);
  const restored = new Author({ key: author.key });
  restored.blocks.push(...author.blocks);
  author.write(2);
  const holder = await holding(author);
  restored.write(3, { changes: [bytesOf("after the restore")] });
  expect(outcome(await admit(holder, restored.run()))).toEqual({ admitted: [], refused: [[3, "fork"]] });
  expect(outcome(await admit(holder, restored.run(3)))).toEqual({ admitted: [], refused: [[3, "fork"]] });
  expect(outcome(await admit(holder, restored.run(5)))).toEqual({
    admitted: [],
    refused: [[5, "broken-chain"]],
  });
  const fromStart = new Author({ key: author.key });
  fromStart.write(1, { changes: [bytesOf("other first")] });
  expect(outcome(await admit(holder, fromStart.run())).refused).toEqual([[1, "fork"]]);
});

test("C3.1 what its device did not sign, or what belongs elsewhere, does not prove a fork", async () => {
  const author = new Author();
  author.write(1);
  const forged = author.block({ signer: newKey(), changes: [bytesOf("forged")] });
  const elsewhere = new Author({ key: author.key, log: "main/Other" });
  elsewhere.write(2);
  author.write(1);
  const holder = await holding(author);
  const second = (block: Uint8Array | undefined) => ({
    stream: author.stream,
    firstSeq: 2,
    blocks: block === undefined ? [] : [block],
  });
  expect(outcome(await admit(holder, second(forged))).refused).toEqual([[2, "bad-signature"]]);
  expect(outcome(await admit(holder, second(elsewhere.blocks[1]))).refused).toEqual([[2, "broken-chain"]]);
  expect(outcome(await admit(holder, elsewhere.run())).refused).toEqual([[1, "broken-chain"]]);
  expect(outcome(await admit(holder, second(bytesOf("junk")))).refused).toEqual([[2, "malformed-block"]]);
  expect(outcome(await admit(holder, second(author.blocks[0]))).refused).toEqual([[2, "wrong-place"]]);
});

test("C3.2 nothing is admitted beyond the end of a closed epoch", async () => {
  const author = new Author();
  author.write(4);
  const holder = new Holder();
  holder.closedAt.set(author.stream, 2);
  expect(outcome(await admit(holder, author.run()))).toEqual({
    admitted: [1, 2],
    refused: [[3, "closed-stream"]],
  });
});

test("C3.3 the first block of an epoch may close another one, and says which", async () => {
  const old = new Author();
  old.write(3);
  const next = new Author({ key: old.key, epoch: 2 });
  const closes = closingOf(old, 2);
  next.write(1, { closes });
  next.write(1);
  const { admitted } = await admit(new Holder(), next.run());
  expect(admitted.map(({ header }) => header.closes)).toEqual([closes, null]);
});

test("C3.3 a closing in a later block, or of the epoch itself, is misplaced", async () => {
  const author = new Author();
  author.write(1, { closes: closingOf(author, 0) });
  await expectLastRefused(author, "misplaced-closing");
  const later = new Author();
  later.write(2);
  later.write(1, { closes: closingOf(new Author({ epoch: 2 }), 0) });
  await expectLastRefused(later, "misplaced-closing");
});
