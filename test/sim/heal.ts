import { refoldWaitsKey } from "@darksync/runtime/replica/replica";
import type { SyncOutcome } from "@darksync/runtime/replica/sync-tally";
import type { Device } from "./device.ts";
import { pass, passUntil } from "./pass.ts";
import { calmNetwork, type World } from "./world.ts";

const maxRounds = 10;
const syncBoundMs = 10 * 60_000;

/**
 * Act two: every fault ends, everything is up, and all sync with the main relay in turn until nothing moves any more.
 * A team that does not come to rest within so many rounds never would.
 */
export async function heal(world: World): Promise<void> {
  world.isHealed = true;
  world.tell("", "all is healed");
  for (const relay of world.relays) {
    relay.isFull = false;
    relay.process?.stay();
    relay.start();
  }
  for (const device of world.devices) await healDevice(device);
  // What is on its way still may arrive; what never will is noticed.
  await pass(world, 90_000);
  // What was evicted comes back in some runs; in others it is fetched when it is looked at.
  const isToComeBack = (world.swarm.weights.evict ?? 0) > 0 && world.chance.fork("heal").percent(50);
  let before = "";
  for (let round = 1; round <= maxRounds; round += 1) {
    let moved = 0;
    for (const device of world.devices) {
      // What a relay lost that was evicted comes back as its hint says.
      const isWaiting = device.read(({ meta }) => meta.get(refoldWaitsKey)) !== null;
      const isFull = isWaiting || (round === 1 && isToComeBack);
      const outcome = await syncWhole(world, device, isFull);
      if (outcome === null) return;
      if (round === 1 && outcome.refused.some(({ code }) => code === "lost-and-evicted"))
        await bringFromOtherRelays(world, device);
      moved += outcome.pushed + outcome.pulled + outcome.parked;
    }
    const after = extentOf(world);
    if (moved === 0 && after === before) return;
    before = after;
  }
  world.fail("quiet", `after ${maxRounds} rounds of syncs there is still something to exchange`);
}

/** What a device evicted when it was with another relay is there still: it comes back as the hint says. */
async function bringFromOtherRelays(world: World, device: Device): Promise<void> {
  for (const relay of world.relays.filter((other) => other !== world.mainRelay)) {
    device.relay = relay;
    await syncWhole(world, device, true);
  }
  device.relay = world.mainRelay;
}

async function healDevice(device: Device): Promise<void> {
  device.disk.isFull = false;
  device.nextFate = null;
  device.awayUntilMs = 0;
  device.disk.habits.slowShare = 0;
  Object.assign(device.network, calmNetwork);
  device.process?.stay();
  await passUntil(device.world, device.start(), syncBoundMs);
  device.stopWatching();
  device.relay = device.world.mainRelay;
}

/** Syncs once, to the end; what keeps it from that is a violation. */
export async function syncWhole(world: World, device: Device, isFull = false): Promise<SyncOutcome | null> {
  const outcome = await passUntil(world, isFull ? device.syncFull() : device.sync(), syncBoundMs);
  if (world.violation !== null) return null;
  if (outcome === null) world.fail("quiet", `${device.name}: a sync did not come to an end`);
  else if (outcome.problem !== null)
    world.fail("quiet", `${device.name} cannot sync: ${outcome.problem.code}: ${outcome.problem.message}`);
  return outcome;
}

/** How far everybody and the relay are. */
function extentOf(world: World): string {
  const ofDevices = world.devices.map((device) =>
    device.read(({ blocks, changes, queue }) => {
      const tips = blocks
        .logs()
        .map((log) => [...blocks.tips(log)].map(([name, { hash }]) => `${name} ${hash}`).sort());
      return `${changes.count()} ${queue.list().length} ${tips.join(" ")}`;
    }),
  );
  return ofDevices.join("\n");
}
