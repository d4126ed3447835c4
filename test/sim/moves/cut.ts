import type { Move } from "../move.ts";

/** An open connection breaks: some of what is under way still arrives, the rest never does. */
export const cutMove: Move = {
  name: "cut",
  kind: "fault",
  weight: 10,
  run: (world, chance) => {
    const open = world.devices.flatMap(({ links }) => links.filter(({ isOpen }) => isOpen));
    if (open.length === 0) return;
    const kept = chance.below(4);
    world.tell("", `a connection breaks behind ${kept} more messages`);
    chance.pick(open).cut(kept);
  },
};
