import { readStatus } from "@darksync/runtime/read/status";
import { readFacts } from "@darksync/runtime/replica/replica";
import type { Check } from "../check.ts";
import type { Device } from "../device.ts";
import type { RelayNode } from "../relay-node.ts";
import type { World } from "../world.ts";

/**
 * L5: what a device holds for durable is on its relay, block for block, and it says "synced" only when all its user's
 * saves are. A relay that was put back to an older copy makes honest people wrong until they hear from it: what they
 * held for durable by then is let pass until that.
 */
export const honesty: Check = {
  name: "honesty",
  step: (world, device) => dishonestBlock(world, device, "may be late") ?? dishonestStatus(world, device),
  end: (world) => {
    for (const device of world.devices) {
      const wrong = dishonestBlock(world, device, "knows by now");
      if (wrong !== null) return `${device.name}: ${wrong}`;
    }
    return null;
  },
};

function relayOf(world: World, url: string | null): RelayNode | null {
  return world.relays.find((relay) => relay.url === url) ?? null;
}

function dishonestBlock(
  world: World,
  device: Device,
  knowledge: "may be late" | "knows by now",
): string | null {
  return device.read((tables) => {
    const { space, relay: url } = readFacts(tables);
    const relay = relayOf(world, url);
    if (relay === null) return null;
    for (const log of tables.blocks.logs()) {
      for (const [stream, seq] of tables.durable.durable(log)) {
        if (seq === 0) continue;
        const hash = tables.blocks.hashAt(log, stream, seq);
        if (hash === null) return `it holds block ${seq} of ${stream} in ${log} for durable and has none`;
        const isThere = relay.hasDurably(space, log, stream, seq, hash);
        const isForgiven =
          knowledge === "may be late" && world.wasDurable(relay, device, `${log} ${stream} ${seq} ${hash}`);
        if (isThere || isForgiven) continue;
        return `it holds block ${seq} of ${stream} in ${log} for durable, and ${relay.name} does not have it`;
      }
    }
    return null;
  });
}

function dishonestStatus(world: World, device: Device): string | null {
  return device.read((tables) => {
    if (readStatus(tables, false).state !== "synced") return null;
    const { changes, durable } = tables;
    for (const { id, log, atMs } of world.ledger.of(device)) {
      const record = changes.get(id);
      // An older copy knows nothing of it.
      if (record === null && atMs <= device.restoredAtMs) continue;
      const place = record?.place ?? null;
      if (record === null || place === null) return `it says synced, and ${log} ${id} was saved and waits`;
      if (place.seq > (durable.durable(log).get(place.stream) ?? 0))
        return `it says synced, and ${log} ${id} is not known to be durable`;
    }
    return null;
  });
}
