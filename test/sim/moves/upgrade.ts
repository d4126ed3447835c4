import { upgrade } from "../device-files.ts";
import type { Move } from "../move.ts";

/** A device gets a newer version, which knows what its database has set aside. */
export const upgradeMove: Move = {
  name: "upgrade",
  kind: "intent",
  weight: 2,
  run: (world, chance) => {
    const device = chance.pick(world.devices);
    if (device.process !== null && !device.isLocked) void upgrade(device);
  },
};
