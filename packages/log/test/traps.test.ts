import { expect, test } from "vitest";
import * as Y from "yjs";
import { clientIdOf } from "../src/client-id.js";
import { firstHead } from "../src/head.js";
import { encodeAppends } from "../src/update.js";
import { attack, cloned, parseFor, stockDocument, textsOf, varUint, verdict } from "./support/documents.js";
import { sha256 } from "./support/ports.js";
import { bytesOf, plainStream } from "./support/streams.js";

const [alice, mallory, stranger] = [plainStream(1), plainStream(9), plainStream(8)];
const aliceClient = clientIdOf(sha256, alice, 0);
const malloryClient = clientIdOf(sha256, mallory, 0);

/** A document with two blocks of Alice and one of Mallory, who may write her own stream. */
function victim(): Y.Doc {
  return stockDocument(firstHead, [
    { stream: alice, firstSeq: 1, blocks: ["a1", "a2"].map(bytesOf) },
    { stream: mallory, firstSeq: 1, blocks: [bytesOf("m1")] },
  ]);
}

/** Shows what stock Yjs makes of an update, then that we refuse it and that the document is as before. */
function expectRefused(document: Y.Doc, update: Uint8Array, code: string): Y.Doc {
  const stock = cloned(document);
  expect(() => Y.applyUpdate(stock, update)).not.toThrow();
  const before = Y.encodeStateAsUpdate(document);
  const parsed = parseFor(document, [alice, mallory], update);
  if (parsed.ok) Y.applyUpdate(document, update);
  expect(verdict(parsed)).toBe(code);
  expect(
    !parsed.ok && [parsed.refusal.message, parsed.refusal.hint].every((text) => /^[^\n]+\.$/.test(text)),
  ).toBe(true);
  expect(Y.encodeStateAsUpdate(document)).toEqual(before);
  return stock;
}

test("L2.2 a delete by another peer: stock Yjs loses the blocks", () => {
  const document = victim();
  const update = attack(document, malloryClient, (copy) => copy.getArray(alice).delete(0, 2));
  const stock = expectRefused(document, update, "delete-set");
  expect(textsOf(stock, alice)).toEqual([]);
});

test("L2.2 a delete of one's own blocks", () => {
  const update = attack(victim(), malloryClient, (copy) => copy.getArray(mallory).delete(0, 1));
  expect(textsOf(expectRefused(victim(), update, "delete-set"), mallory)).toEqual([]);
});

test("L2.4 an insertion in the middle of another's array: stock Yjs takes it", () => {
  const document = victim();
  const insert = (copy: Y.Doc) => copy.getArray(alice).insert(1, [bytesOf("EVIL")]);
  const stock = expectRefused(document, attack(document, malloryClient, insert), "not-an-append");
  expect(textsOf(stock, alice)).toEqual(["a1", "EVIL", "a2"]);
});

test("L2.4 an append to another's array: stock Yjs takes it", () => {
  const document = victim();
  const push = (copy: Y.Doc) => copy.getArray(alice).push([bytesOf("EVIL")]);
  for (const client of [malloryClient, 77]) {
    const stock = expectRefused(document, attack(document, client, push), "not-an-append");
    expect(textsOf(stock, alice)).toEqual(["a1", "a2", "EVIL"]);
  }
});

test("L2.4 an insertion before one's own blocks", () => {
  const update = attack(victim(), malloryClient, (copy) => copy.getArray(mallory).insert(0, [bytesOf("m0")]));
  expect(textsOf(expectRefused(victim(), update, "not-an-append"), mallory)).toEqual(["m0", "m1"]);
});

test("L2.4 a second array: a struct that names its array beyond clock 0", () => {
  const update = attack(victim(), malloryClient, (copy) => copy.getArray("more").push([bytesOf("EVIL")]));
  expect(textsOf(expectRefused(victim(), update, "not-an-append"), "more")).toEqual(["EVIL"]);
});

test("L2.5 a first block in another's array, or in one that nobody has", () => {
  for (const name of [alice, "junk/1", ""]) {
    const document = new Y.Doc();
    const update = attack(document, malloryClient, (copy) => copy.getArray(name).push([bytesOf("EVIL")]));
    const stock = expectRefused(document, update, "wrong-array");
    expect(textsOf(stock, name)).toEqual(["EVIL"]);
    expect([...document.share.keys()]).toEqual([]);
  }
});

test("L2.5 a known client that sends its first block again, for another array", () => {
  const elsewhere = Uint8Array.from(
    encodeAppends(sha256, firstHead, [{ stream: mallory, firstSeq: 1, blocks: [bytesOf("m1")] }]),
  );
  const at = Buffer.from(elsewhere).indexOf(mallory);
  elsewhere.set(bytesOf(alice), at);
  const stock = expectRefused(victim(), elsewhere, "wrong-array");
  expect(textsOf(stock, alice)).toEqual(["a1", "a2"]);
});

test("L2.5 a name that is no stream's is refused even if its client id is right", () => {
  const document = new Y.Doc();
  for (const name of ["junk", alice.toUpperCase().replaceAll("1", "A"), `${alice}0`]) {
    const update = attack(document, clientIdOf(sha256, name, 0), (copy) =>
      copy.getArray(name).push([bytesOf("x")]),
    );
    expectRefused(document, update, "wrong-array");
  }
});

test("L2.5 a client that is no stream's of this head", () => {
  const document = victim();
  const update = attack(document, 77, (copy) => copy.getArray(stranger).push([bytesOf("EVIL")]));
  expect(textsOf(expectRefused(document, update, "wrong-array"), stranger)).toEqual(["EVIL"]);
});

test("L2.5 bytes under a key of a map", () => {
  const document = new Y.Doc();
  const update = attack(document, malloryClient, (copy) => copy.getMap(mallory).set("key", bytesOf("EVIL")));
  expectRefused(document, update, "wrong-array");
});

test("L2.3 a map key overwritten: stock Yjs drops the older array with all it held", () => {
  const document = new Y.Doc();
  document.clientID = aliceClient;
  const array = new Y.Array<Uint8Array>();
  document.getMap<unknown>("log").set("alice", array);
  array.push([bytesOf("a1"), bytesOf("a2")]);
  const update = attack(document, malloryClient, (copy) => copy.getMap("log").set("alice", new Y.Array()));
  const stock = expectRefused(document, update, "bad-struct");
  expect(stock.getMap<Y.Array<Uint8Array>>("log").get("alice")?.length).toBe(0);
});

test("L2.3 a GC struct in another's name: stock Yjs swallows the blocks to come", () => {
  const sender = victim();
  const document = victim();
  const honest = { stream: alice, firstSeq: 3, blocks: ["a3", "a4"].map(bytesOf) };
  const update = Uint8Array.of(1, 1, ...varUint(aliceClient), 2, 0, 5, 0);
  const stock = expectRefused(document, update, "bad-struct");
  Y.applyUpdate(sender, encodeAppends(sha256, firstHead, [honest]));
  Y.applyUpdate(stock, Y.encodeStateAsUpdate(sender, Y.encodeStateVector(stock)));
  expect(textsOf(stock, alice)).toEqual(["a1", "a2"]);
  Y.applyUpdate(document, Y.encodeStateAsUpdate(sender, Y.encodeStateVector(document)));
  expect(textsOf(document, alice)).toEqual(["a1", "a2", "a3", "a4"]);
});

test.each<readonly [string, (array: Y.Array<unknown>) => void]>([
  ["JSON", (array) => array.push([{ x: 1 }])],
  ["a text", (array) => array.push(["text"])],
  ["a nested type", (array) => array.push([new Y.Map()])],
  ["a subdocument", (array) => array.push([new Y.Doc()])],
])("L2.3 content that is no block: %s", (_, write) => {
  const document = new Y.Doc();
  const update = attack(document, malloryClient, (copy) => write(copy.getArray(mallory)));
  expect(expectRefused(document, update, "bad-struct").getArray(mallory).length).toBe(1);
});

test("L2.3 content that was deleted before it was sent", () => {
  const document = new Y.Doc();
  const update = attack(document, malloryClient, (copy) => {
    copy.getArray(mallory).push([bytesOf("m1"), bytesOf("m2")]);
    copy.getArray(mallory).delete(0, 1);
  });
  expectRefused(document, update, "bad-struct");
});

test("L2.6 a gap: stock Yjs keeps it pending without a word, we name what is held", () => {
  const document = victim();
  const late = { stream: alice, firstSeq: 5, blocks: [bytesOf("a5")] };
  const update = encodeAppends(sha256, firstHead, [late]);
  const stock = expectRefused(document, update, "gap");
  expect(stock.store.pendingStructs).not.toBeNull();
  expect(textsOf(stock, alice)).toEqual(["a1", "a2"]);
  const parsed = parseFor(document, [alice, mallory], update);
  expect(!parsed.ok && parsed.refusal).toMatchObject({ stream: alice, held: 2, firstSeq: 5 });
  const merged = Y.mergeUpdates([Y.encodeStateAsUpdate(document), update]);
  expectRefused(document, merged, "bad-struct"); // a Skip struct
});

test("L2.7 the middle of a stream that is not known: asked again, not kept", () => {
  const update = encodeAppends(sha256, firstHead, [
    { stream: stranger, firstSeq: 2, blocks: [bytesOf("s2")] },
  ]);
  const stock = expectRefused(victim(), update, "unknown-client");
  expect(stock.store.pendingStructs).not.toBeNull();
});

test("L2.6 a gap in an update that is wrong in another way too is not worth asking again", () => {
  const late = encodeAppends(sha256, firstHead, [{ stream: alice, firstSeq: 5, blocks: [bytesOf("a5")] }]);
  const deleting = Uint8Array.of(...late.subarray(0, -1), 1, ...varUint(aliceClient), 1, 0, 1);
  expectRefused(victim(), deleting, "delete-set");
});

test("L2.10 two blocks at one clock: stock Yjs keeps either, for ever; we hand back the second to be compared", () => {
  const [one, two] = [victim(), victim()];
  const append = (text: string) =>
    encodeAppends(sha256, firstHead, [{ stream: alice, firstSeq: 3, blocks: [bytesOf(text)] }]);
  Y.applyUpdate(one, append("real"));
  Y.applyUpdate(two, append("forged"));
  Y.applyUpdate(one, Y.encodeStateAsUpdate(two));
  Y.applyUpdate(two, Y.encodeStateAsUpdate(one));
  expect(Y.encodeStateVector(one)).toEqual(Y.encodeStateVector(two));
  expect(textsOf(one, alice)).not.toEqual(textsOf(two, alice));
  expect(parseFor(one, [alice, mallory], append("forged"))).toEqual({
    ok: true,
    runs: [{ stream: alice, firstSeq: 3, blocks: [bytesOf("forged")] }],
  });
});
