import { save } from "@darksync/runtime/edit/save";
import { describe } from "../device.ts";
import type { Move } from "../move.ts";
import { deviceUp, placeOf, sourceFor } from "../places.ts";

/** Somebody saves a definition. */
export const saveMove: Move = {
  name: "save",
  kind: "intent",
  weight: 30,
  run: (world, chance) => {
    const device = deviceUp(world, chance);
    const here = device?.here ?? null;
    if (device === null || here === null) return;
    const place = placeOf(world, chance);
    const source = sourceFor(world, chance, place);
    void device.act(`save ${place}`, async () =>
      describe(await save(here, place, source), ({ change, isUnchanged }) =>
        isUnchanged ? "is there already" : device.told(change),
      ),
    );
  },
};
