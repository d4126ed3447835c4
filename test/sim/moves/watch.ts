import type { Move } from "../move.ts";
import { deviceUp } from "../places.ts";

/** Somebody stays in sync, or stops that. */
export const watchMove: Move = {
  name: "watch",
  kind: "intent",
  weight: 5,
  run: (world, chance) => {
    const device = deviceUp(world, chance);
    if (device === null) return;
    if (device.isWatching) device.stopWatching();
    else void device.watch();
  },
};
