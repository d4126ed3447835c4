import type { Check } from "../check.ts";
import { isAheadForGood } from "../gone.ts";
import { syncWhole } from "../heal.ts";
import { passUntil } from "../pass.ts";
import { firstDifference, shownBy } from "../states.ts";

/** Somebody who joins now, and gets everything at once and in the relay's order, sees what all others see. */
export const joiner: Check = {
  name: "joiner",
  end: async (world) => {
    const other = world.devices.find((device) => !device.isPartial && !isAheadForGood(world, device));
    if (other === undefined) return null;
    const device = world.addDevice("Zoe");
    await passUntil(world, device.start(), 60_000);
    await passUntil(world, device.create("", [], []), 60_000);
    if ((await syncWhole(world, device)) === null) return null;
    if ((await syncWhole(world, other)) === null) return null;
    const [shown, expected] = [await shownBy(world, device), await shownBy(world, other)];
    if (shown === null || expected === null) return null;
    const difference = firstDifference(expected, shown);
    return difference === null ? null : `${other.name} and who joined just now differ:\n${difference}`;
  },
};
