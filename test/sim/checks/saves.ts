import type { Check } from "../check.ts";
import { isGone } from "../gone.ts";
import { contentOf } from "../relay-content.ts";
import type { World } from "../world.ts";

/** Every save is on the relay, or is listed as refused, with the reason, where it was made. Nothing is there twice. */
export const saves: Check = {
  name: "saves",
  end: (world) => lostSave(world) ?? doubleChange(world),
};

function lostSave(world: World): string | null {
  const [first] = world.devices;
  if (first === undefined) return null;
  const onRelay = new Set(contentOf(world.mainRelay, first.space));
  for (const { id, log, device, excuse } of world.ledger.saved.values()) {
    if (excuse !== null || onRelay.has(id) || isGone(world, device, id)) continue;
    const parked = device.read(({ changes }) => changes.get(id)?.parked ?? null);
    if (parked === null)
      return `${device.name} saved ${id} in ${log}, and it is neither on the relay nor listed as failed`;
    const isListed = device.read(({ queue }) =>
      queue.list().some((item) => item.status === "failed" && item.error !== null && item.error !== ""),
    );
    if (!isListed) return `${device.name}: ${id} was refused, and no item of the queue says so`;
  }
  return null;
}

function doubleChange(world: World): string | null {
  const seen = new Set<string>();
  for (const id of contentOf(world.mainRelay, world.devices[0]?.space ?? "")) {
    if (seen.has(id) && !isSignedTwiceRightly(world, id)) return `change ${id} counts twice on the relay`;
    seen.add(id);
  }
  return null;
}

/**
 * Whether its device could not know that others have a block with it: its database was put back or made anew, or it had
 * evicted the block, or one before it; and the relay that it asked lost the block (after it had passed it on, if only
 * its power failed), or never had it. Then it is there twice, and counts once everywhere.
 */
function isSignedTwiceRightly(world: World, id: string): boolean {
  const device = world.ledger.saved.get(id)?.device;
  const { restores, powerFailures } = world.mainRelay;
  const isElsewhere = world.relays.length > 1 || restores + powerFailures > 0;
  const isUnsure = device !== undefined && (device.restoredAtMs >= 0 || device.hasEvicted);
  return isUnsure && isElsewhere;
}
