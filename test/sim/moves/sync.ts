import type { Move } from "../move.ts";
import { deviceUp } from "../places.ts";

/** Somebody syncs once. */
export const syncMove: Move = {
  name: "sync",
  kind: "intent",
  weight: 14,
  run: (world, chance) => {
    void deviceUp(world, chance)?.sync();
  },
};
