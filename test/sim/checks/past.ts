import { contentHash } from "@darksync/core/content-hash";
import { sha256 } from "@darksync/node/crypto";
import { lineageOf } from "@darksync/runtime/read/past";
import { readFacts } from "@darksync/runtime/replica/replica";
import type { ReplicaTables } from "@darksync/runtime/store/store";
import type { Check } from "../check.ts";
import type { Device } from "../device.ts";
import { passUntil } from "../pass.ts";

const mostDevices = 2;
const boundMs = 60_000;

/**
 * S7: whatever was evicted can be had again: every text that was ever named, on branches too, is here, or comes when
 * it is asked for, as long as the relay has lost nothing.
 */
export const past: Check = {
  name: "past",
  end: async (world) => {
    if (world.relays.some(({ restores }) => restores > 0)) return null;
    const first = world.chance.fork("past").below(world.devices.length);
    const devices = [...world.devices, ...world.devices].slice(first, first + mostDevices);
    for (const device of devices) {
      const wrong = await passUntil(world, missingOf(device), boundMs);
      if (wrong !== "") return `${device.name}: ${wrong ?? "no answer"}`;
    }
    return null;
  },
};

/** What of its past a device cannot show; empty if all of it is there. */
async function missingOf(device: Device): Promise<string> {
  const { replica } = device;
  if (replica === null) return "";
  const read = await device.fetching(replica, () => replica.store.read(missingText));
  return read.ok ? read.value.value : read.problem.message;
}

/** Of who keeps some owners alone, main: a branch may name what is in a log that is not kept. */
function missingText(tables: ReplicaTables): string {
  const isPartial = readFacts(tables).only.length > 0;
  const types = isPartial ? (["name"] as const) : (["name", "branchedName"] as const);
  const { packages } = tables;
  for (const type of types)
    for (const { key } of packages.registers(type))
      for (const { assignment } of lineageOf(tables, { type, key })) {
        if (assignment.value.type !== "definition") continue;
        const text = packages.text(assignment.value.hash);
        if (text === null || contentHash(sha256, text) !== assignment.value.hash)
          return `the text of ${assignment.id} at ${key} is not here`;
      }
  return "";
}
