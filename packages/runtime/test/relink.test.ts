import { systemRandom } from "@darksync/node/crypto";
import { expect, test } from "vitest";
import { newSpaceId } from "../src/relay/relay.js";
import { type Replica, readFacts } from "../src/replica/replica.js";
import { SyncSession } from "../src/replica/sync-session.js";
import {
  expectHonest,
  mustSync,
  newRelay,
  newReplica,
  pendingOf,
  saveValue,
  sync,
  viewOf,
} from "./support/team.js";
import { noTimers, Wire } from "./support/wire.js";

test("L5: linked to another relay, all is pending until that one says that it has it, wherever the wire is cut", async () => {
  const space = newSpaceId(systemRandom);
  const ada = await newReplica("Ada", space);
  await saveValue(ada, "Acme.a", 1);
  await mustSync(ada, new Wire(newRelay()));
  expect(pendingOf(ada)).toBe(0);
  const other = new Wire(newRelay());
  const link = "another relay";
  let cuts = 0;
  for (let isDone = false; !isDone; cuts += 1) {
    other.cutAfter = cuts;
    const ports = { transport: other.transport, timers: noTimers };
    const { problem } = await new SyncSession(ada, ports, "memory", "once", { link }).run();
    isDone = problem === null;
    const { relay } = ada.store.read(readFacts);
    expect(relay).toBe(cuts < 2 ? "memory" : link);
    if (relay === link) expectHonest(ada, other.relay);
    expect(pendingOf(ada) === 0).toBe(relay !== link || isDone);
  }
  expect(cuts).toBeGreaterThan(4);
});

test("P3: a first pull that is cut and then a relay with another space: nothing of the first is shown", async () => {
  const first = new Wire(newRelay());
  const ada = await newReplica("Ada", newSpaceId(systemRandom));
  await saveValue(ada, "Acme.first", 1);
  await mustSync(ada, first);
  const second = new Wire(newRelay());
  const eve = await newReplica("Eve", newSpaceId(systemRandom));
  await saveValue(eve, "Acme.second", 1);
  await mustSync(eve, second);
  const devicesOf = ({ store }: Replica) =>
    store.read(({ packages }) => packages.registers("device").map(({ key }) => key));
  let hasPulled = false;
  for (let cuts = 1; cuts < 12; cuts += 1) {
    const bob = await newReplica("Bob", "");
    first.cutAfter = cuts;
    await sync(bob, first);
    const wasNew = !bob.store.read(readFacts).wasAcknowledged;
    hasPulled ||= wasNew && devicesOf(bob).includes(ada.device);
    first.cutAfter = null;
    if (!wasNew) continue;
    await mustSync(bob, second);
    expect(Object.keys(viewOf(bob))).toEqual(["Acme.second"]);
    expect(devicesOf(bob)).toContain(eve.device);
    expect(devicesOf(bob)).not.toContain(ada.device);
    expectHonest(bob, second.relay);
  }
  expect(hasPulled).toBe(true);
});
