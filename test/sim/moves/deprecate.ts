import { deprecate, undeprecate } from "@darksync/runtime/edit/deprecate";
import { describe } from "../device.ts";
import type { Move } from "../move.ts";
import { deviceUp, shownPlace } from "../places.ts";

/** Somebody deprecates a definition, or takes that back. */
export const deprecateMove: Move = {
  name: "deprecate",
  kind: "intent",
  weight: 3,
  run: (world, chance) => {
    const device = deviceUp(world, chance);
    const here = device?.here ?? null;
    if (device === null || here === null) return;
    const place = shownPlace(world, here, chance);
    const isOn = chance.percent(65);
    void device.act(`${isOn ? "deprecate" : "undeprecate"} ${place}`, async () =>
      describe(
        isOn ? await deprecate(here, place, `use ${chance.below(3)}`) : await undeprecate(here, place),
        (id) => device.told(id),
      ),
    );
  },
};
