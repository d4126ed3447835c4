import type { Move } from "../move.ts";
import { deviceUp } from "../places.ts";

/** Somebody downloads everything again. */
export const syncFullMove: Move = {
  name: "sync-full",
  kind: "intent",
  weight: 2,
  run: (world, chance) => {
    void deviceUp(world, chance)?.syncFull();
  },
};
