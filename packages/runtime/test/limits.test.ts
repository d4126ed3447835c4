import { encodeUnsignedBlock, joinSignature, streamRoot } from "@darksync/core/block";
import { encodeChange } from "@darksync/core/change";
import type { Signer } from "@darksync/core/ports";
import { epochBytes, type StreamName, streamName } from "@darksync/core/stream";
import { firstHead } from "@darksync/log/head";
import { encodeAppends, type Run } from "@darksync/log/update";
import { nodeCompression, sha256, systemRandom } from "@darksync/node/crypto";
import { expect, test } from "vitest";
import { allConflicts } from "../src/conflict/filter.js";
import { resolveAll } from "../src/conflict/resolve.js";
import { newSpaceId, type Relay } from "../src/relay/relay.js";
import type { RelaySpace } from "../src/relay/relay-space.js";
import { disagree, must, newPair } from "./support/conflicted.js";
import { mustSync, newRelay, newReplica, newSigner, saveValue } from "./support/team.js";
import { Wire } from "./support/wire.js";

const unknownChange = new Uint8Array([9, 1]);

function entered(relay: Relay, space: string): RelaySpace {
  const found = relay.enter(space, space);
  if (!found.ok) throw new Error(found.problem.message);
  return found.value;
}

/** The first block of a new stream. */
async function newRun(
  space: string,
  signer: Signer,
  log: string,
  changes: readonly Uint8Array[],
): Promise<Run> {
  const stream: StreamName = streamName({ device: signer.publicKey, epoch: systemRandom(epochBytes) });
  const prev = streamRoot(sha256, space, log, stream);
  const header = { stream, seq: 1, prev, closes: null, auth: new Map(), seen: new Map() };
  const unsigned = encodeUnsignedBlock({ hash: sha256, compression: nodeCompression }, header, changes);
  const block = joinSignature(unsigned, await signer.sign(unsigned.signed));
  return { stream, firstSeq: 1, blocks: [block] };
}

async function introduced(): Promise<{ relay: Relay; id: string; space: RelaySpace; signer: Signer }> {
  const relay = newRelay();
  const id = newSpaceId(systemRandom);
  const space = entered(relay, id);
  const signer = newSigner();
  const ops = [{ type: "IntroduceDevice", member: "Eve", supersedes: [] } as const];
  const change = { rules: 1, nonce: "00".repeat(6), time: { wallMs: 0, counter: 0 }, ops };
  await put(space, "auth", [await newRun(id, signer, "auth", [encodeChange(change)])]);
  return { relay, id, space, signer };
}

function put(space: RelaySpace, log: string, runs: readonly Run[]) {
  return space.admit(log, encodeAppends(sha256, firstHead, runs), null);
}

test.each(["", "main/", "x", "main/../../x", "main/A b", "main/A\u001b[2J", `main/${"A".repeat(600)}`])(
  "R14: a log that nobody could have is not begun: %j",
  async (log) => {
    const { id, space, signer } = await introduced();
    const run = await newRun(id, signer, log, [unknownChange]);
    await expect(put(space, log, [run])).rejects.toMatchObject({ code: "not-a-log" });
    expect(space.store.read(({ blocks }) => blocks.logs())).toEqual(["auth"]);
  },
);

test("R14: a client that begins stream after stream is stopped while others can still sign and greet", async () => {
  const { relay, id, space, signer } = await introduced();
  let refusal: unknown = null;
  for (let round = 0; round < 20 && refusal === null; round += 1) {
    const runs = await Promise.all(
      Array.from({ length: 1000 }, () => newRun(id, signer, "main/Acme", [unknownChange])),
    );
    refusal = await put(space, "main/Acme", runs).then(
      () => null,
      (error: unknown) => error,
    );
  }
  expect(refusal).toMatchObject({ code: "space-full" });
  const wire = new Wire(relay);
  const bob = await newReplica("Bob", "");
  await mustSync(bob, wire);
  await saveValue(bob, "Acme.x", 1);
  await mustSync(bob, wire);
  expect(space.store.read(({ blocks }) => blocks.tips("main/Acme").size)).toBeGreaterThan(5000);
});

test("R14: a client that begins many logs at once is stopped", async () => {
  const { id, space, signer } = await introduced();
  const names = Array.from({ length: 3000 }, (_, index) => `main/${"A".repeat(140)}${index}`);
  const updates = names.map(async (log) =>
    put(space, log, [await newRun(id, signer, log, [unknownChange])]).then(
      () => "taken",
      ({ code }: { code: string }) => code,
    ),
  );
  const outcomes = await Promise.all(updates);
  expect(new Set(outcomes)).toEqual(new Set(["taken", "space-full"]));
  expect(outcomes.filter((outcome) => outcome === "taken").length).toBeLessThan(1000);
});

test("R14: a relay makes no space of a bad id, and not without end", () => {
  const relay = newRelay();
  for (const id of ["ab", "../x", "AB".repeat(16), "ab".repeat(32)]) {
    expect(relay.enter(null, id)).toMatchObject({ ok: false });
    expect(relay.enter(id, id)).toMatchObject({ ok: false });
  }
  expect(relay.ports.spaces.list()).toEqual([]);
  const first = newSpaceId(systemRandom);
  expect(relay.enter(first, first).ok).toBe(true);
  let refused = 0;
  for (let count = 0; count < 1000; count += 1) {
    const id = newSpaceId(systemRandom);
    if (!relay.enter(id, id).ok) refused += 1;
  }
  expect(refused).toBeGreaterThan(500);
  expect(relay.enter(first, first).ok).toBe(true);
});

test("R18: a name with no room for a number is left, and keeps no other conflict from being settled", async () => {
  const pair = await newPair();
  const longest = `a${"x".repeat(1024 - "Acme.a".length)}`;
  for (const name of [longest, "b"]) await disagree(pair, "both-created", name);
  const { settled, left } = await must(resolveAll(pair.ada, allConflicts, "both", "write"));
  expect(settled.map(({ madeAt }) => madeAt)).toEqual([["Acme.b_2"]]);
  expect(left).toMatchObject([{ reason: expect.stringContaining("no room") }]);
});
