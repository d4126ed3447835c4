import type { Check } from "../check.ts";
import { syncWhole } from "../heal.ts";
import { passUntil } from "../pass.ts";
import { firstDifference, stateOf } from "../states.ts";

/** Somebody who joins now, and gets everything at once and in the relay's order, sees what all others see. */
export const joiner: Check = {
  name: "joiner",
  end: async (world) => {
    const other = world.devices.find(
      (device) => !device.isPartial && device.read(({ changes }) => changes.parked().length === 0),
    );
    if (other === undefined) return null;
    const device = world.addDevice("Zoe");
    await passUntil(world, device.start(), 60_000);
    await passUntil(world, device.create("", [], []), 60_000);
    if ((await syncWhole(world, device)) === null) return null;
    if ((await syncWhole(world, other)) === null) return null;
    if (device.replica === null || other.replica === null) return null;
    const difference = firstDifference(stateOf(other.replica), stateOf(device.replica));
    return difference === null ? null : `${other.name} and who joined just now differ:\n${difference}`;
  },
};
