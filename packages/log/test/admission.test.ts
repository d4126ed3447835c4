import { maxBlockBytes } from "@darksync/core/block";
import { expect, test } from "vitest";
import { admitRuns } from "../src/admission.js";
import { maxExpandedBytes, maxUnsignedBytes } from "../src/expansion-budget.js";
import { admit, holding, outcome, ports } from "./support/admitting.js";
import { countingCompression, countingVerify, newKey } from "./support/ports.js";
import { Author, bytesOf, Holder, log, plainStream, seenOf } from "./support/streams.js";

test("L2.12 new blocks are admitted with header, hash and changes; held ones are passed over", async () => {
  const author = new Author();
  author.write(3, { changes: [bytesOf("one"), bytesOf("two")], seen: seenOf(log, plainStream(1), 4) });
  const holder = await holding(author);
  author.write(2);
  const admission = await admit(holder, author.run());
  expect(outcome(admission)).toEqual({ admitted: [4, 5], refused: [] });
  expect(outcome(await admit(holder, author.run(3))).admitted).toEqual([4, 5]);
  expect(admission.admitted[0]).toMatchObject({ bytes: author.blocks[3], changes: [bytesOf("change 3")] });
  holder.store(admission.admitted);
  expect(holder.stream(author.stream)).toMatchObject({ seq: 5, hash: author.lastHash() });
  expect(outcome(await admit(holder, author.run()))).toEqual({ admitted: [], refused: [] });
});

test("L2.12 blocks held whose hashes are not known any more are passed over, and the chain goes on", async () => {
  const author = new Author();
  author.write(2);
  const holder = await holding(author);
  author.write(1);
  const forgetful = {
    stream: (name: string) => holder.stream(name),
    hashAt: () => null,
    authority: () => ({ kind: "allowed" }) as const,
  };
  expect(outcome(await admitRuns(ports, log, forgetful, [author.run()]))).toEqual({
    admitted: [3],
    refused: [],
  });
});

test("L2.13 what follows a refused block is left, other streams are not touched", async () => {
  const [good, bad] = [new Author(), new Author()];
  good.write(3);
  bad.write(2);
  bad.write(1, { prev: "00".repeat(32) });
  bad.write(2);
  const admission = await admit(new Holder(), bad.run(), good.run());
  expect(outcome(admission)).toEqual({ admitted: [1, 2, 1, 2, 3], refused: [[3, "broken-chain"]] });
  expect(admission.refused[0]?.stream).toBe(bad.stream);
});

test("L2.14 a device that may not write is refused in the words of the rules of access", async () => {
  const [author, other] = [new Author(), new Author()];
  author.write(2);
  other.write(1);
  const holder = new Holder();
  const cause = { code: "reader", message: "You can only read Stripe.", hint: "Ask for the role." };
  holder.authorityOf = (device) =>
    other.stream.startsWith(device) ? { kind: "allowed" } : { kind: "refused", problem: cause };
  const admission = await admit(holder, author.run(), other.run());
  expect(outcome(admission)).toEqual({ admitted: [1], refused: [[1, "no-authority"]] });
  expect(admission.refused[0]).toMatchObject({ cause, problem: { hint: cause.hint } });
  expect(admission.refused[0]?.problem.message).toContain(cause.message);
});

test("L2.14 authority is judged at the auth vector accumulated along the stream", async () => {
  const [a, b] = [plainStream(1), plainStream(2)];
  const author = new Author();
  author.write(1, { auth: new Map([[a, 3]]) });
  const holder = await holding(author);
  author.write(2);
  author.write(1, { auth: new Map([[b, 2]]) });
  author.write(1, { auth: new Map([[a, 5]]) });
  holder.asked.length = 0;
  const { admitted } = await admit(holder, author.run());
  const vectors = [{ [a]: 3 }, { [a]: 3, [b]: 2 }, { [a]: 5, [b]: 2 }];
  expect(holder.asked.map(({ auth }) => Object.fromEntries(auth))).toEqual(vectors);
  expect(Object.fromEntries(admitted.at(-1)?.auth ?? [])).toEqual(vectors[2]);
});

test("L2.14 a stream waits for auth ops that the receiver lacks; what came before them is admitted", async () => {
  const author = new Author();
  author.write(2);
  author.write(2, { auth: new Map([[plainStream(1), 9]]) });
  const holder = new Holder();
  holder.authorityOf = (_, auth) => ({ kind: auth.size === 0 ? "allowed" : "wait" });
  const admission = await admit(holder, author.run());
  expect(outcome(admission)).toEqual({ admitted: [1, 2], refused: [] });
  expect(admission.waiting).toEqual([author.stream]);
});

test("L2.15 a run beyond what is held is to be asked for again", async () => {
  const author = new Author();
  author.write(3);
  const admission = await admit(new Holder(), author.run(2));
  expect(admission).toEqual({ admitted: [], refused: [], waiting: [], askAgain: [author.stream] });
});

test("L2.15 one call unpacks no more than its limit, and the rest comes with the next", async () => {
  const author = new Author();
  const large = new Uint8Array(maxBlockBytes - 1024);
  const perCall = Math.floor(maxExpandedBytes / large.length);
  author.write(perCall + 2, { changes: [large] });
  const holder = new Holder();
  const first = await admit(holder, author.run());
  expect(first.admitted.length).toBe(perCall);
  expect(first.askAgain).toEqual([author.stream]);
  holder.store(first.admitted);
  expect(outcome(await admit(holder, author.run()))).toEqual({
    admitted: [perCall + 1, perCall + 2],
    refused: [],
  });
});

test("L2.15 a small message of blocks with many empty changes does not fill the memory", async () => {
  const author = new Author();
  const empty = new Uint8Array(0);
  author.write(12, { changes: Array.from({ length: 49_152 }, () => empty) });
  expect(author.blocks.reduce((size, block) => size + block.length, 0)).toBeLessThan(4096);
  const holder = new Holder();
  for (let calls = 1; holder.stream(author.stream).seq < 12; calls += 1) {
    const { admitted, refused, askAgain } = await admit(holder, author.run());
    const changes = admitted.reduce((count, block) => count + block.changes.length, 0);
    expect(changes).toBeGreaterThan(0);
    expect(changes).toBeLessThanOrEqual(6 * 49_152);
    expect(refused).toEqual([]);
    holder.store(admitted);
    expect(askAgain.length).toBe(holder.stream(author.stream).seq < 12 ? 1 : 0);
    expect(calls).toBeLessThan(12);
  }
});

test("L2.16 C2.4 one signature is checked if it is good, and few if not", async () => {
  const author = new Author();
  author.write(64);
  const counting = countingVerify();
  await admitRuns({ ...ports, verify: counting.verify }, log, new Holder(), [author.run()]);
  expect(counting.calls()).toBe(1);
  for (const signedCount of [0, 1, 31, 63]) {
    const forged = new Author({ key: author.key });
    forged.write(signedCount);
    forged.write(64 - signedCount, { signer: newKey() });
    const { verify, calls } = countingVerify();
    const admission = await admitRuns({ ...ports, verify }, log, new Holder(), [forged.run()]);
    expect(admission.admitted.length).toBe(signedCount);
    expect(outcome(admission).refused).toEqual([[signedCount + 1, "bad-signature"]]);
    expect(calls()).toBeLessThanOrEqual(7);
  }
});

test("L2.16 C2.4 where each signature is checked, one that is bad ends the run, whatever is signed behind it", async () => {
  const author = new Author();
  author.write(5);
  author.write(1, { signer: newKey() });
  author.write(3);
  const vouched = await admitRuns(ports, log, new Holder(), [author.run()]);
  expect(vouched.admitted.length).toBe(9);
  const counting = countingVerify();
  const cut = await admitRuns(
    { ...ports, verify: counting.verify },
    log,
    new Holder(),
    [author.run()],
    "each",
  );
  expect(outcome(cut)).toEqual({ admitted: [1, 2, 3, 4, 5], refused: [[6, "bad-signature"]] });
  expect(counting.calls()).toBe(6);
});

test("L2.17 of blocks that nobody signed no more than 4 MiB are unpacked, however many streams they are of", async () => {
  const changes = [new Uint8Array(maxBlockBytes - 1024)];
  const forged = [1, 2, 3].map(() => new Author());
  for (const author of forged) author.write(12, { signer: newKey(), changes });
  const counting = countingCompression();
  const runs = forged.map((author) => author.run());
  const admission = await admitRuns({ ...ports, compression: counting }, log, new Holder(), runs);
  expect(admission.admitted).toEqual([]);
  expect(counting.expansions()).toBe(Math.floor(maxUnsignedBytes / maxBlockBytes));
});

test("L2.17 what is signed makes room for more, a signature each 4 MiB", async () => {
  const author = new Author();
  author.write(12, { changes: [new Uint8Array(maxBlockBytes - 1024)] });
  const { verify, calls } = countingVerify();
  const holder = new Holder();
  holder.store((await admitRuns({ ...ports, verify }, log, holder, [author.run()])).admitted);
  expect(holder.stream(author.stream).seq).toBe(12);
  expect(calls()).toBe(3);
  author.write(1);
  expect(outcome(await admit(holder, author.run())).admitted).toEqual([13]);
});

test("L2.1 mutated blocks are never admitted, and never throw", async () => {
  const author = new Author();
  author.write(2, { seen: seenOf(log, plainStream(1), 4), auth: new Map([[plainStream(2), 1]]) });
  const good = author.run();
  const last = good.blocks[1];
  if (last === undefined) throw new Error("two blocks");
  for (let at = 0; at < last.length; at += 1) {
    for (const flip of [1, 0x80]) {
      const hostile = last.map((byte, index) => (index === at ? byte ^ flip : byte));
      const runs = [{ ...good, blocks: [author.blocks[0] ?? last, hostile] }];
      const admission = await admit(new Holder(), ...runs);
      expect(admission.admitted.length).toBe(1);
      expect(admission.refused.length).toBe(1);
    }
  }
});

test("every refusal says in one line what happened and in another what to do", async () => {
  const author = new Author();
  author.write(1, { signer: newKey() });
  const [refusal] = (await admit(new Holder(), author.run())).refused;
  expect(refusal?.problem.message).toBe(
    `Block 1 of device ${author.stream.slice(0, 8)} in main/Stripe is not signed by its device.`,
  );
  expect(refusal?.problem.hint).toMatch(/^[^\n]+\.$/);
});
