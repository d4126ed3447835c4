import { readStatus } from "@darksync/runtime/read/status";
import type { Check } from "../check.ts";
import { isAheadForGood, waitsForGood } from "../gone.ts";
import { firstDifference, shownBy } from "../states.ts";
import type { World } from "../world.ts";

/** O8: all replicas show the same, and have nothing left to send but what was refused. */
export const agreement: Check = {
  name: "agreement",
  end: async (world) => (await disagreement(world)) ?? unfinished(world),
};

async function disagreement(world: World): Promise<string | null> {
  const [first, ...others] = world.devices.filter(
    (device) => !device.isPartial && !isAheadForGood(world, device),
  );
  if (first === undefined) return null;
  const expected = await shownBy(world, first);
  for (const other of others) {
    const shown = await shownBy(world, other);
    const difference = expected === null || shown === null ? null : firstDifference(expected, shown);
    if (difference !== null) return `${first.name} and ${other.name} differ:\n${difference}`;
  }
  return null;
}

function unfinished(world: World): string | null {
  for (const device of world.devices) {
    if (waitsForGood(world, device)) continue;
    const wrong = device.read((tables) => {
      const { pending, failed, state } = readStatus(tables, false);
      if (pending > 0) return `${pending} changes are pending still`;
      const left = tables.queue
        .list()
        .find(({ status, error }) => status !== "failed" || (error ?? "") === "");
      if (left !== undefined)
        return `item ${left.id} is in the queue as ${left.status}, with nothing left to do`;
      if (failed === 0 && state !== "synced") return `all is there, and it says ${state}`;
      return null;
    });
    if (wrong !== null) return `${device.name}: ${wrong}`;
  }
  return null;
}
