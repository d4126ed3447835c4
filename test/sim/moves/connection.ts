import type { Move } from "../move.ts";
import type { Fate } from "../network.ts";

/**
 * Something that befalls a connection: an open one now, or else a device's next one behind so many of its messages.
 */
function befall(name: string, weight: number, fates: readonly Fate[]): Move {
  return {
    name,
    kind: "fault",
    weight,
    run: (world, chance) => {
      const device = chance.pick(world.devices);
      const fate = chance.pick(fates);
      const link = device.links.find(({ isOpen }) => isOpen);
      const behind = chance.below(14);
      device.tell(link === undefined ? `${fate} behind ${behind} messages of the next connection` : fate);
      if (link === undefined) device.nextFate = { fate, behind };
      else link.befall(fate);
    },
  };
}

/** A connection breaks: some of what is under way still arrives, the rest never does. */
export const cutMove: Move = befall("cut", 10, ["the connection breaks"]);

/** Nothing arrives on a connection any more, and nobody is told. */
export const silenceMove: Move = befall("silence", 4, ["the connection falls silent"]);

/** Bytes of a message change on the way. */
export const corruptMove: Move = befall("corrupt", 5, [
  "a message to the relay is damaged",
  "a message from the relay is damaged",
]);

/** A device gets nothing through for a while. */
export const partitionMove: Move = {
  name: "partition",
  kind: "fault",
  weight: 5,
  run: (world, chance) => {
    const device = chance.pick(world.devices);
    const forMs = chance.pick([500, 5000, 40_000]);
    device.tell(`has no network for ${forMs} ms`);
    device.network.isDown = true;
    world.agenda.after(forMs, () => {
      device.network.isDown = false;
    });
  },
};

/** A device's network is slow for a while. */
export const slowNetworkMove: Move = {
  name: "slow-network",
  kind: "fault",
  weight: 3,
  run: (world, chance) => {
    const device = chance.pick(world.devices);
    if (world.isHealed) return;
    const mostMs = chance.pick([400, 3000]);
    device.tell(`messages take up to ${mostMs} ms`);
    device.network.mostMs = mostMs;
    world.agenda.after(20_000, () => {
      if (!world.isHealed) device.network.mostMs = world.swarm.network.mostMs;
    });
  },
};
