import type { Move } from "../move.ts";

const yearMs = 365 * 86_400_000;

/** A device's clock jumps, by up to 100 years. */
export const clockMove: Move = {
  name: "clock",
  kind: "fault",
  weight: 4,
  run: (world, chance) => {
    const device = chance.pick(world.devices);
    const byMs = chance.pick([5000, 3_600_000, 86_400_000, 100 * yearMs]) * chance.pick([-1, 1]);
    device.tell(`its clock jumps by ${byMs} ms`);
    device.clockOffsetMs += byMs;
  },
};
