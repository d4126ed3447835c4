import { toHex } from "@darksync/core/bytes";
import { ClientConnection } from "@darksync/runtime/relay/client-connection";
import { decodeMessage, encodeMessage, maxMessageBytes, protocolVersion } from "@darksync/sync/message";
import type { Chance } from "../chance.ts";
import type { Move } from "../move.ts";
import { corrupted } from "../network.ts";
import type { World } from "../world.ts";

/** Somebody who overheard others says to the relay what they said, as it was, changed, or made up. */
export const hostileMove: Move = {
  name: "hostile",
  kind: "fault",
  weight: 5,
  run: (world, chance) => {
    const relay = chance.pick(world.relays);
    if (relay.relay === null) return;
    world.tell(relay.name, "a stranger talks to it");
    const connection = { send: () => {}, drained: async () => {}, close: () => {} };
    const stranger = new ClientConnection(relay.relay, connection, null);
    const { process } = relay;
    for (const bytes of [greeting(world, chance), ...sayings(world, chance)])
      world.agenda.after(chance.below(200), () => process?.isAlive === true && stranger.onMessage(bytes));
    world.agenda.after(chance.between(200, 5000), () => process?.isAlive === true && stranger.onClose());
  },
};

function greeting(world: World, chance: Chance): Uint8Array {
  const space = world.devices[0]?.space ?? "";
  const [device, digest] = [toHex(chance.bytes(32)), toHex(chance.bytes(32))];
  const hello = {
    type: "hello",
    version: protocolVersion,
    space,
    isNew: true,
    device,
    only: [],
    digest,
  } as const;
  return encodeMessage(hello);
}

function sayings(world: World, chance: Chance): readonly Uint8Array[] {
  const overheard = world.overheard.map(({ bytes }) => bytes);
  return Array.from({ length: chance.between(1, 6) }, () => {
    if (overheard.length === 0 || chance.percent(15)) return chance.bytes(chance.below(60));
    const bytes = chance.pick(overheard);
    if (chance.percent(5)) return new Uint8Array(maxMessageBytes + 1);
    return chance.percent(30)
      ? bytes
      : chance.percent(50)
        ? corrupted(chance, bytes)
        : elsewhere(chance, bytes);
  });
}

/** The same blocks for another log. */
function elsewhere(chance: Chance, bytes: Uint8Array): Uint8Array {
  const message = decodeMessage(bytes);
  if (message?.type !== "update") return bytes;
  return encodeMessage({
    ...message,
    log: chance.pick(["main/Acme", "main/Beta", "main/Other", "auth", "what"]),
  });
}
