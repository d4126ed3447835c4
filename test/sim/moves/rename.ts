import { rename } from "@darksync/runtime/edit/rename";
import { describe } from "../device.ts";
import type { Move } from "../move.ts";
import { deviceUp, placeOf, shownPlace } from "../places.ts";

/** Somebody moves a definition, perhaps where another one is. */
export const renameMove: Move = {
  name: "rename",
  kind: "intent",
  weight: 6,
  run: (world, chance) => {
    const device = deviceUp(world, chance);
    const here = device?.here ?? null;
    if (device === null || here === null) return;
    const from = shownPlace(world, here, chance);
    const to = chance.percent(50) ? placeOf(world, chance) : `${from}${chance.below(3)}`;
    void device.act(`rename ${from} to ${to}`, async () =>
      describe(await rename(here, from, to), (id) => device.told(id)),
    );
  },
};
