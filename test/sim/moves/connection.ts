import type { Chance } from "../chance.ts";
import type { Move } from "../move.ts";
import type { Link } from "../network.ts";
import type { World } from "../world.ts";

function openLink(world: World, chance: Chance): Link | null {
  const open = world.devices.flatMap(({ links }) => links.filter(({ isOpen }) => isOpen));
  return open.length === 0 ? null : chance.pick(open);
}

/** An open connection breaks: some of what is under way still arrives, the rest never does. */
export const cutMove: Move = {
  name: "cut",
  kind: "fault",
  weight: 10,
  run: (world, chance) => {
    const link = openLink(world, chance);
    if (link === null) return;
    const kept = chance.below(4);
    world.tell("", `a connection breaks behind ${kept} more messages`);
    link.cut(kept);
  },
};

/** Nothing arrives on an open connection any more, and nobody is told. */
export const silenceMove: Move = {
  name: "silence",
  kind: "fault",
  weight: 4,
  run: (world, chance) => {
    const link = openLink(world, chance);
    if (link === null) return;
    world.tell("", "a connection falls silent");
    link.silence();
  },
};

/** Bytes of a message change on the way. */
export const corruptMove: Move = {
  name: "corrupt",
  kind: "fault",
  weight: 5,
  run: (world, chance) => {
    const link = openLink(world, chance);
    if (link === null) return;
    const side = chance.pick(["relay", "client"] as const);
    world.tell("", `a message to a ${side} is damaged`);
    link.corruptNext(side);
  },
};

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
