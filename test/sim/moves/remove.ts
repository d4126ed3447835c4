import { remove } from "@darksync/runtime/edit/remove";
import { describe } from "../device.ts";
import type { Move } from "../move.ts";
import { deviceUp, shownPlace } from "../places.ts";

/** Somebody removes a definition. */
export const removeMove: Move = {
  name: "remove",
  kind: "intent",
  weight: 5,
  run: (world, chance) => {
    const device = deviceUp(world, chance);
    const here = device?.here ?? null;
    if (device === null || here === null) return;
    const place = shownPlace(world, here, chance);
    void device.act(`remove ${place}`, async () =>
      describe(await remove(here, place), (id) => device.told(id)),
    );
  },
};
