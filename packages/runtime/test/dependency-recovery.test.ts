import { cpSync } from "node:fs";
import { changeOf } from "@darksync/core/op-id";
import type { Signer } from "@darksync/core/ports";
import { systemRandom } from "@darksync/node/crypto";
import { openReplicaStore } from "@darksync/node/sqlite/replica-store";
import Database from "better-sqlite3";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { memoryReplicaStore } from "../src/memory/replica-store.js";
import { checkChanges } from "../src/read/check-changes.js";
import { newSpaceId } from "../src/relay/relay.js";
import { currentStream } from "../src/replica/epoch.js";
import { dropDamagedBlocks, refoldAll } from "../src/replica/full-sync.js";
import { park } from "../src/replica/park.js";
import { rebuild } from "../src/replica/rebuild.js";
import { type Replica, readFacts } from "../src/replica/replica.js";
import { dependenciesOf, expectAsNaive, saveText } from "./support/dependencies.js";
import { hand, handAll, signAll, streamsOf } from "./support/exchange.js";
import { contentOf, newKept } from "./support/outbox.js";
import { mustSync, newRelay, newReplica, newSigner, reopen, testFolder } from "./support/team.js";
import { Wire } from "./support/wire.js";

const log = "main/Acme";
const price = "Acme.price";
const total = "Acme.total";
const priceOf = (parameters: string) => `let price ${parameters} : Int64 = 1L`;
const usesPrice = (argument: string) => `let total (a: Int64) : Int64 = price ${argument}`;

let wire: Wire;
let ada: Replica;
let bob: Replica;
let bobsKey: Signer;
let bobsFolder: string;

function opened(folder: string) {
  const store = openReplicaStore(`${folder}/space.db`);
  onTestFinished(() => store.close());
  return store;
}

beforeEach(async () => {
  wire = new Wire(newRelay());
  ada = await newReplica("Ada", newSpaceId(systemRandom));
  await saveText(ada, price, priceOf("(a: Int64)"));
  await mustSync(ada, wire);
  bobsKey = newSigner();
  bobsFolder = testFolder();
  bob = await newReplica("Bob", "", opened(bobsFolder), bobsKey);
  await saveText(bob, "Acme.first", "let first (a: Int64) : Int64 = 1L");
  for (const replica of [bob, ada]) await mustSync(replica, wire);
});

/** All have the same records, those that a look at all pairs finds, and a check of the database agrees. */
function expectAgreed(count: number): void {
  for (const replica of [ada, bob]) {
    expectAsNaive(replica);
    expect(dependenciesOf(replica)).toHaveLength(count);
    expect(replica.store.read((tables) => checkChanges(replica, tables))).toEqual([]);
  }
  expect(dependenciesOf(ada)).toEqual(dependenciesOf(bob));
}

async function diverge(): Promise<void> {
  await saveText(ada, price, priceOf("(a: String)"));
  await saveText(bob, total, usesPrice("1L"));
}

test("O4: over a relay both see it, and it is the same after everything was folded anew", async () => {
  await diverge();
  for (const replica of [ada, bob, ada]) await mustSync(replica, wire);
  expectAgreed(1);
  for (const replica of [ada, bob]) await refoldAll(replica);
  expectAgreed(1);
});

test("O4, C3: in a database that was put back, what waits has seen what is there, and once signed what its stream had", async () => {
  const backup = testFolder();
  cpSync(bobsFolder, backup, { recursive: true });
  await saveText(ada, price, priceOf("(a: String)"));
  await mustSync(ada, wire);
  await mustSync(bob, wire);
  await saveText(bob, "Acme.second", "let second (a: Int64) : Int64 = 1L");
  await mustSync(bob, wire);
  bob = await reopen(opened(backup), bobsKey);
  await saveText(bob, total, usesPrice("1L"));
  for (const replica of [bob, ada, bob]) await mustSync(replica, wire);
  // The stream that Bob goes on with had seen the new price: all take his word for it.
  expectAgreed(0);
});

test("O4, C3: a block that was moved to another epoch was seen by nobody", async () => {
  await saveText(bob, total, usesPrice("1L"));
  await mustSync(bob, wire);
  await mustSync(ada, wire);
  await saveText(ada, price, priceOf("(a: String)"));
  await mustSync(ada, wire);
  await mustSync(bob, wire);
  await saveText(bob, "Acme.second", "let second (a: Int64) : Int64 = 1L");
  await mustSync(bob, wire);
  await mustSync(ada, wire);
  expectAgreed(0);
  await closeEpoch(1);
  // Bob made it before the price that he has got since.
  expectAsNaive(bob);
  expect(dependenciesOf(bob)).toHaveLength(1);
  await refoldAll(bob);
  expect(dependenciesOf(bob)).toHaveLength(1);
});

test("O4, C3: what blocks of a closed epoch had seen is forgotten", async () => {
  await saveText(ada, price, priceOf("(a: String)"));
  await saveText(bob, total, usesPrice("1L"));
  for (const name of ["second", "third"]) {
    await mustSync(bob, wire);
    await saveText(bob, `Acme.${name}`, `let ${name} (a: Int64) : Int64 = 1L`);
    if (name === "second") await mustSync(bob, wire);
    for (const replica of [ada, bob]) await mustSync(replica, wire);
  }
  expectAgreed(1);
  await closeEpoch(2);
  await refoldAll(bob);
  expectAsNaive(bob);
  expect(dependenciesOf(bob)).toHaveLength(1);
});

/** As if the relay had another block of Bob's after the first `kept` ones. */
async function closeEpoch(kept: number): Promise<void> {
  const stream = bob.store.read((tables) => currentStream(tables, log)) ?? "";
  await bob.store.write(({ durable }) =>
    durable.setDurable(log, new Map(durable.durable(log)).set(stream, kept)),
  );
  const problem = { code: "fork", message: "another block", hint: "none" };
  await park(bob, { log, stream, seq: kept + 1, problem, changes: [] });
}

test("O4, S7: blocks that were damaged and came again make the same records", async () => {
  await diverge();
  for (const replica of [ada, bob, ada]) await mustSync(replica, wire);
  const before = dependenciesOf(bob);
  const stream = ada.store.read((tables) => currentStream(tables, log)) ?? "";
  const hash = ada.store.read(({ blocks }) => blocks.tip(log, stream)?.hash ?? "");
  const database = new Database(`${bobsFolder}/space.db`);
  database.prepare("update block set bytes = zeroblob(3) where hash = ?").run(Buffer.from(hash, "hex"));
  database.close();
  expect(await dropDamagedBlocks(bob)).toBeGreaterThan(0);
  expect(dependenciesOf(bob)).toEqual([]);
  await mustSync(bob, wire);
  expect(dependenciesOf(bob)).toEqual(before);
  expectAgreed(1);
});

test("O4, O7: a check of the database tells of records that are wrong", async () => {
  await diverge();
  for (const replica of [ada, bob, ada]) await mustSync(replica, wire);
  await bob.store.write(({ dependencies }) => dependencies.remove({ definition: price, user: total }));
  const problems = bob.store.read((tables) => checkChanges(bob, tables));
  expect(problems).toMatchObject([{ code: "fold-differs", message: expect.stringContaining(total) }]);
});

test("O4, S8: own changes that come back in their blocks, behind those of others, are judged by what these had seen", async () => {
  const kept = await newKept("Ada");
  const carl = await newReplica("Carl", kept.replica.store.read(readFacts).space);
  await saveText(kept.replica, price, priceOf("(a: Int64)"));
  await saveText(kept.replica, total, usesPrice("1L"));
  await signAll(kept.replica);
  await handAll(kept.replica, carl);
  await saveText(carl, price, priceOf("(a: String)"));
  await signAll(carl);
  const remade = await reopen(memoryReplicaStore(), kept.signer);
  await rebuild(remade, { salvage: null, outbox: contentOf(kept) }, async () => {});
  const streams = streamsOf(carl).toSorted(
    (left, right) => Number(isBy(remade, left.stream)) - Number(isBy(remade, right.stream)),
  );
  for (const log of ["auth", "main/Acme"])
    for (const placed of streams) if (placed.log === log) await hand(carl, remade, log, placed.stream);
  expectAsNaive(remade);
  expect(dependenciesOf(remade)).toEqual([]);
});

function isBy({ device }: Replica, stream: string): boolean {
  return stream.startsWith(device);
}

test("C1, B1: where a change lies in two blocks, all take it to lie in the same one, whichever came first", async () => {
  const kept = await newKept("Ada");
  const { space } = kept.replica.store.read(readFacts);
  const [carl, dora] = [await newReplica("Carl", space), await newReplica("Dora", space)];
  const id = await saveText(kept.replica, price, priceOf("(a: Int64)"));
  const remade = await reopen(memoryReplicaStore(), kept.signer);
  await rebuild(remade, { salvage: null, outbox: contentOf(kept) }, async () => {});
  for (const replica of [kept.replica, remade]) await signAll(replica);
  for (const [from, to] of [
    [kept.replica, carl],
    [remade, carl],
    [remade, dora],
    [kept.replica, dora],
  ] as const)
    await handAll(from, to);
  const [ofCarl, ofDora] = [carl, dora].map(({ store }) =>
    store.read(({ changes }) => changes.get(id)?.place),
  );
  expect(ofCarl).toEqual(ofDora);
  for (const replica of [carl, dora])
    expect(replica.store.read((tables) => checkChanges(replica, tables))).toEqual([]);
});

test.each(["is given up", "is damaged"])(
  "R4: a change that lies in two blocks outlives one that %s",
  async (fate) => {
    const kept = await newKept("Ada");
    const carl = await newReplica("Carl", kept.replica.store.read(readFacts).space);
    const id = await saveText(kept.replica, price, priceOf("(a: Int64)"));
    const remade = await reopen(memoryReplicaStore(), kept.signer);
    await rebuild(remade, { salvage: null, outbox: contentOf(kept) }, async () => {});
    for (const replica of [kept.replica, remade]) {
      await signAll(replica);
      await handAll(replica, carl);
    }
    const place = () => carl.store.read(({ changes }) => changes.get(id)?.place);
    const before = place();
    if (before == null) throw new Error("the change lies in no block");
    const { stream, seq } = before;
    if (fate === "is given up") {
      const problem = { code: "fork", message: "the relay has another block", hint: "none" };
      await park(carl, { log, stream, seq, problem, changes: [] });
    } else {
      const bytes = new Uint8Array([1, 2, 3]);
      await carl.store.write(({ blocks }) => {
        const hash = blocks.hashAt(log, stream, seq) ?? "";
        blocks.truncate(log, stream, seq - 1);
        blocks.append(log, stream, { seq, hash, changeCount: 1, bytes });
      });
      await dropDamagedBlocks(carl);
    }
    expect(place()?.stream).not.toBe(stream);
    const shown = carl.store.read(({ packages }) => packages.nameRow(price)?.shown);
    expect(changeOf(shown?.id ?? "")).toBe(id);
    expect(carl.store.read((tables) => checkChanges(carl, tables))).toEqual([]);
  },
);
