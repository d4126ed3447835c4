import { readFacts } from "@darksync/runtime/replica/replica";
import type { Move } from "../move.ts";

/** Somebody goes over to another relay, to which the space may be new. */
export const otherRelayMove: Move = {
  name: "other-relay",
  kind: "intent",
  weight: 2,
  run: (world, chance) => {
    const device = chance.pick(world.devices);
    const { space, wasAcknowledged } = device.read(readFacts);
    if (device.isLocked || !wasAcknowledged || space !== world.devices[0]?.space) return;
    device.relay = chance.pick(world.relays);
    device.tell(`goes over to ${device.relay.name}`);
  },
};
