import { systemRandom } from "@darksync/node/crypto";
import { decodeMessage } from "@darksync/sync/message";
import { expect, test } from "vitest";
import { seededNumbers } from "../../core/test/support/ports.js";
import { newSpaceId } from "../src/relay/relay.js";
import type { Replica } from "../src/replica/replica.js";
import { expectSound } from "./support/check.js";
import {
  changesOf,
  contentOf,
  expectHonest,
  mustSync,
  newRelay,
  newReplica,
  newSession,
  pendingOf,
  saveValue,
  sync,
  viewOf,
} from "./support/team.js";
import { Wire } from "./support/wire.js";

const steps = 60;

/** An update that passed before comes again, out of the blue. */
async function repeatOne(wire: Wire, space: string, pick: (bound: number) => number): Promise<void> {
  const sent = wire.passed.filter(({ from }) => from === "client").map(({ bytes }) => decodeMessage(bytes));
  const updates = sent.filter((message) => message?.type === "update");
  const update = updates[pick(Math.max(1, updates.length))];
  if (update?.type === "update") await wire.relay.space(space)?.admit(update.log, update.update, null);
}

for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
  test(`S3, L5: random saves, syncs, cuts at any message and repeats converge, nothing twice (seed ${seed})`, async () => {
    const pick = seededNumbers(seed);
    const wire = new Wire(newRelay());
    const space = newSpaceId(systemRandom);
    const ada = await newReplica("Ada", space);
    await mustSync(ada, wire);
    const bob = await newReplica("Bob", "");
    await mustSync(bob, wire);
    const team: readonly Replica[] = [ada, bob];
    const saved = new Set<string>();
    for (let step = 0; step < steps; step += 1) {
      const replica = team[pick(2)] ?? ada;
      if (pick(3) > 0) {
        const owner = ["Acme", "Other", "Third"][pick(3)];
        for (let count = pick(4); count >= 0; count -= 1) {
          saved.add(await saveValue(replica, `${owner}.name${pick(5)}`, pick(1000)));
        }
      } else {
        wire.cutAfter = pick(2) === 0 ? pick(12) : null;
        await sync(replica, wire);
        wire.cutAfter = null;
      }
      if (pick(5) === 0) await repeatOne(wire, space, pick);
      for (const each of team) expectHonest(each, wire.relay);
    }
    for (const replica of [ada, bob, ada, bob]) await mustSync(replica, wire);
    expect(viewOf(ada)).toEqual(viewOf(bob));
    expect(changesOf(ada)).toEqual(changesOf(bob));
    const { changes } = contentOf(wire.relay, space);
    expect([...changes].sort()).toEqual(changesOf(ada));
    for (const each of team) await expectSound(each);
    expect(new Set(changes).size).toBe(changes.length);
    for (const id of saved) expect(changes).toContain(id);
    for (const replica of team) expect(pendingOf(replica)).toBe(0);
  });
}

test("S3: a sync that is cut at each of its messages goes on where it was, and repeats at most one batch", async () => {
  for (let cutAfter = 0; ; cutAfter += 1) {
    const wire = new Wire(newRelay());
    const ada = await newReplica("Ada", newSpaceId(systemRandom));
    for (let value = 0; value < 5; value += 1) await saveValue(ada, `Acme.n${value}`, value);
    wire.cutAfter = cutAfter;
    const { problem } = await sync(ada, wire);
    expectHonest(ada, wire.relay);
    wire.cutAfter = null;
    await mustSync(ada, wire);
    expect(pendingOf(ada)).toBe(0);
    expect(wire.relay.counts.blocksRepeated).toBe(0);
    expect(wire.relay.counts.changesAdmitted).toBe(6);
    expect(ada.store.read(({ queue }) => queue.list())).toEqual([]);
    if (problem === null) break;
    expect(cutAfter).toBeLessThan(20);
  }
});

test("S5: what is saved while connected goes at once, and others who stay get it", async () => {
  const wire = new Wire(newRelay());
  const ada = await newReplica("Ada", newSpaceId(systemRandom));
  await mustSync(ada, wire);
  const bob = await newReplica("Bob", "");
  await mustSync(bob, wire);
  await mustSync(ada, wire);
  const sessions = [ada, bob].map((replica) => newSession(replica, wire, "stay"));
  const ends = sessions.map((session) => session.run());
  await expect.poll(() => sessions.every(({ isCaughtUp }) => isCaughtUp)).toBe(true);
  for (let value = 0; value < 20; value += 1) {
    await saveValue(ada, `Acme.a${value}`, value);
    sessions[0]?.changed();
    await saveValue(bob, `Acme.b${value}`, value);
    sessions[1]?.changed();
  }
  await expect.poll(() => Object.keys(viewOf(ada)).length + Object.keys(viewOf(bob)).length).toBe(80);
  await expect.poll(() => pendingOf(ada) + pendingOf(bob)).toBe(0);
  for (const session of sessions) session.stop();
  for (const end of ends) expect((await end).problem).toBeNull();
  expect(viewOf(ada)).toEqual(viewOf(bob));
  expect(wire.relay.counts.blocksRepeated).toBe(0);
  for (const replica of [ada, bob]) expectHonest(replica, wire.relay);
});
