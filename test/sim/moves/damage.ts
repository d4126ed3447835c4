import type { Move } from "../move.ts";
import { damageDatabase } from "../repair.ts";

/** A device's database is damaged, or gone: it is made anew from what can be read of it and from the outbox (S8). */
export const damageMove: Move = {
  name: "damage",
  kind: "fault",
  weight: 3,
  run: (world, chance) => {
    const device = chance.pick(world.devices);
    if (device.process === null || device.isLocked) return;
    damageDatabase(device, chance.percent(40) ? null : chance.below(60));
  },
};
