import { readHistory } from "@darksync/runtime/read/history";
import { lineageOf } from "@darksync/runtime/read/past";
import type { Move } from "../move.ts";
import { deviceUp, shownPlace } from "../places.ts";

/** Somebody looks at all that ever was at a place. What was evicted of it is fetched, or is told of as not here. */
export const lookMove: Move = {
  name: "look",
  kind: "intent",
  weight: 4,
  run: (world, chance) => {
    const device = deviceUp(world, chance);
    const here = device?.here ?? null;
    if (device === null || here === null) return;
    const place = shownPlace(world, here, chance);
    void device.act(`look at ${place}`, async () =>
      here.store.read((tables) => {
        const entries = readHistory(here, tables, 1000, place);
        const versions = lineageOf(tables, { type: "name", key: place });
        for (const { assignment } of versions)
          if (assignment.value.type === "definition") tables.packages.text(assignment.value.hash);
        return `${entries.length} entries, ${versions.length} versions`;
      }),
    );
  },
};
