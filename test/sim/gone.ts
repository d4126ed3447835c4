import type { ChangeId } from "@darksync/core/op-id";
import { lostAndEvicted } from "@darksync/runtime/cache/lost-and-evicted";
import { evictedNumbers } from "@darksync/runtime/cache/take-back";
import type { Device } from "./device.ts";
import type { World } from "./world.ts";

/**
 * Whether a device shows what nobody else can have: what was refused, or what it evicted before a relay that had it was
 * put back to an older copy. Of both it says so (R68).
 */
export function isAheadForGood(world: World, device: Device): boolean {
  return device.read(({ changes }) => changes.parked().length > 0) || waitsForGood(world, device);
}

/** Whether a device waits for somebody to give the relay what the device evicted and the relay has lost. */
export function waitsForGood(world: World, device: Device): boolean {
  return world.relays.some(({ restores }) => restores > 0) && device.read(lostAndEvicted) !== null;
}

/** Whether a change of a device is lost with an older copy of the relay: nobody has its bytes, and the device says so. */
export function isGone(world: World, device: Device, id: ChangeId): boolean {
  return waitsForGood(world, device) && world.devices.every((other) => !hasBytes(other, id));
}

function hasBytes(device: Device, id: ChangeId): boolean {
  return device.read((tables) => {
    const change = tables.changes.get(id);
    if (change === null || change.place === null) return change !== null;
    const segment = tables.blocks.segmentOf(change.log, change.place.stream, change.place.seq);
    return segment === null || !evictedNumbers(tables, change.log).has(segment);
  });
}
