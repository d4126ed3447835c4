import { undo } from "@darksync/runtime/edit/undo";
import { describe } from "../device.ts";
import type { Move } from "../move.ts";
import { deviceUp } from "../places.ts";

/** Somebody takes back the last own change, or any one. */
export const undoMove: Move = {
  name: "undo",
  kind: "intent",
  weight: 5,
  run: (world, chance) => {
    const device = deviceUp(world, chance);
    const here = device?.here ?? null;
    if (device === null || here === null) return;
    const own = world.ledger.of(device);
    const which = chance.percent(60) || own.length === 0 ? null : chance.pick(own).id;
    void device.act(`undo ${which?.slice(0, 8) ?? "the last"}`, async () =>
      describe(await undo(here, which), ({ changes }) => device.told(...changes)),
    );
  },
};
