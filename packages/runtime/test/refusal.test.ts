import { encodeChange } from "@darksync/core/change";
import type { Op } from "@darksync/core/op/op";
import { opId } from "@darksync/core/op-id";
import { sha256, systemRandom } from "@darksync/node/crypto";
import { decodeMessage } from "@darksync/sync/message";
import { expect, test } from "vitest";
import { saveAll } from "../src/edit/save.js";
import { newSpaceId } from "../src/relay/relay.js";
import { applyChangeBundle } from "../src/replica/change-bundle.js";
import { unparkAll } from "../src/replica/park.js";
import { type Replica, readFacts } from "../src/replica/replica.js";
import { SyncSession } from "../src/replica/sync-session.js";
import type { Transport } from "../src/transport.js";
import {
  changesOf,
  contentOf,
  expectHonest,
  mustSync,
  newRelay,
  newReplica,
  pendingOf,
  saveValue,
  viewOf,
} from "./support/team.js";
import { noTimers, Wire } from "./support/wire.js";

const log = "main/Acme";

/** Puts a change into the queue that this version would not make. */
async function force(replica: Replica, ops: readonly Op[]): Promise<string> {
  const { space } = replica.store.read(readFacts);
  const nonce = Buffer.from(systemRandom(6)).toString("hex");
  const bytes = encodeChange({ rules: 1, nonce, time: { wallMs: Date.now(), counter: 0 }, ops });
  const before = new Set(changesOf(replica));
  const bundle = { space, device: replica.device, changes: [{ log, bytes }] };
  expect((await applyChangeBundle(replica, bundle)).ok).toBe(true);
  return changesOf(replica).find((id) => !before.has(id)) ?? "";
}

function setName(location: string, supersedes: readonly string[]): Op {
  return {
    type: "SetName",
    location,
    kind: "value",
    target: "ab".repeat(32),
    supersedes,
    movedFrom: null,
  };
}

async function setUp(): Promise<{ wire: Wire; space: string; ada: Replica }> {
  const wire = new Wire(newRelay());
  const space = newSpaceId(systemRandom);
  const ada = await newReplica("Ada", space);
  return { wire, space, ada };
}

/** A message in which the signature of the last block is another one; it stands shortly before the end. */
function withBadSignature(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  if (decodeMessage(bytes)?.type === "update") copy[copy.length - 10] = (copy[copy.length - 10] ?? 0) ^ 1;
  return copy;
}

/** A change of another owner's location in this log, and one that supersedes it. */
async function forceTwo(ada: Replica): Promise<readonly string[]> {
  const bad = await force(ada, [setName("Other.x", [])]);
  return [bad, await force(ada, [setName("Acme.dependent", [opId(bad, 0)])])];
}

for (const syncsBefore of [false, true]) {
  test(`C3: a refused change is parked with what depends on it, the others go in a new epoch (${syncsBefore ? "after" : "without"} acknowledged blocks)`, async () => {
    const { wire, space, ada } = await setUp();
    const good = [await saveValue(ada, "Acme.a", 1)];
    if (syncsBefore) await mustSync(ada, wire);
    const bad = await forceTwo(ada);
    good.push(await saveValue(ada, "Acme.b", 1));
    const outcome = await mustSync(ada, wire);
    expect(outcome.parked).toBe(2);
    expectHonest(ada, wire.relay);
    const { changes } = contentOf(wire.relay, space);
    for (const id of good) expect(changes).toContain(id);
    for (const id of bad) expect(changes).not.toContain(id);
    expect(new Set(changes).size).toBe(changes.length);
    const items = ada.store.read(({ queue }) => queue.list());
    expect(items).toMatchObject([
      { status: "failed", errorClass: "permanent", error: expect.stringMatching(/\w/) },
    ]);
    expect(ada.store.read((tables) => tables.changes.parked().map(({ id }) => id)).sort()).toEqual(
      [...bad].sort(),
    );
    const later = await saveValue(ada, "Acme.c", 1);
    await mustSync(ada, wire);
    expect(contentOf(wire.relay, space).changes).toContain(later);
    expect(pendingOf(ada)).toBe(0);
  });
}

test("C3: what the relay took of a batch before the refused block stays in its epoch, once", async () => {
  const { wire, space, ada } = await setUp();
  await mustSync(ada, wire);
  const filler = (name: string) => ({
    location: `Acme.${name}`,
    text: {
      kind: "value" as const,
      head: "let ",
      tail: ` = "${Buffer.from(systemRandom(120_000)).toString("hex")}"\n`,
    },
  });
  const saved = await saveAll(ada, ["a", "b", "c", "d"].map(filler));
  const bad = await forceTwo(ada);
  const last = await saveValue(ada, "Acme.last", 1);
  const outcome = await mustSync(ada, wire);
  expect(outcome.parked).toBe(2);
  const { changes } = contentOf(wire.relay, space);
  expect(new Set(changes).size).toBe(changes.length);
  for (const { change } of saved.ok ? saved.value : []) expect(changes).toContain(change);
  expect(changes).toContain(last);
  for (const id of bad) expect(changes).not.toContain(id);
  expectHonest(ada, wire.relay);
  const bob = await newReplica("Bob", "");
  await mustSync(bob, wire);
  await mustSync(bob, wire);
  expect(changesOf(bob).filter((id) => changes.includes(id)).length).toBe(changes.length);
  expect(Object.keys(viewOf(bob))).toContain("Acme.last");
});

test("C3: parked changes that are tried again are parked again, and the queue says so", async () => {
  const { wire, ada } = await setUp();
  await mustSync(ada, wire);
  const bad = await forceTwo(ada);
  await mustSync(ada, wire);
  expect(await unparkAll(ada)).toBe(2);
  expect(ada.store.read(({ queue }) => queue.list())).toMatchObject([{ status: "pending" }]);
  const outcome = await mustSync(ada, wire);
  expect(outcome.parked).toBe(2);
  expect(ada.store.read((tables) => tables.changes.parked().map(({ id }) => id)).sort()).toEqual(
    [...bad].sort(),
  );
});

test("R5: a block that came damaged to the relay is not its changes' fault: it goes on another connection", async () => {
  const { wire, ada, space } = await setUp();
  const id = await saveValue(ada, "Acme.a", 1);
  const damaging: Transport = {
    connect: (url, handler) => {
      const connection = wire.transport.connect(url, handler);
      return { ...connection, send: (bytes) => connection.send(withBadSignature(bytes)) };
    },
  };
  const outcome = await new SyncSession(
    ada,
    { transport: damaging, timers: noTimers },
    "memory",
    "once",
  ).run();
  expect(outcome.parked).toBe(0);
  expect(outcome.refused.map(({ code }) => code)).toContain("bad-signature");
  expect(ada.store.read(({ changes }) => changes.parked())).toEqual([]);
  await mustSync(ada, wire);
  expect(contentOf(wire.relay, space).changes).toContain(id);
});

test("C1: the ids of changes do not depend on blocks", async () => {
  const { wire, ada } = await setUp();
  const ids = [await saveValue(ada, "Acme.a", 1), await saveValue(ada, "Acme.b", 1)];
  await mustSync(ada, wire);
  for (const id of ids) expect(changesOf(ada)).toContain(id);
  expect(sha256(new Uint8Array()).length).toBe(32);
});
