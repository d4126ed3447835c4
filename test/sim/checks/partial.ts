import { vectorOf } from "@darksync/runtime/replica/log-view";
import { readFacts } from "@darksync/runtime/replica/replica";
import { inExchangeOrder, isWanted } from "@darksync/sync/wanted";
import type { Check } from "../check.ts";
import type { Device } from "../device.ts";
import { isAheadForGood } from "../gone.ts";
import { replicaOf } from "../relay-content.ts";
import { firstDifference, shownBy, stateOf } from "../states.ts";
import type { World } from "../world.ts";

/**
 * Who keeps some owners' packages alone has all of their logs and no other, and shows what these come to (O8): what
 * anybody would show who holds the same logs.
 */
export const partial: Check = {
  name: "partial",
  end: async (world) => {
    for (const device of world.devices) {
      if (!device.isPartial || isAheadForGood(world, device)) continue;
      const wrong = otherLogs(world, device) ?? (await otherState(world, device));
      if (wrong !== null) return `${device.name}: ${wrong}`;
    }
    return null;
  },
};

function otherLogs(world: World, device: Device): string | null {
  const { space, only } = device.read(readFacts);
  const theirs = world.mainRelay.stored(space, ({ blocks }) => extentsOf(blocks.logs(), blocks)) ?? [];
  const wanted = theirs.filter(({ log }) => isWanted(log, only)).map(({ extent }) => extent);
  const held = device.read(({ blocks }) => extentsOf(blocks.logs(), blocks)).map(({ extent }) => extent);
  const difference = firstDifference(wanted, held);
  return difference === null
    ? null
    : `it keeps ${only.join(", ")}, and what it holds is not that:\n${difference}`;
}

function extentsOf(
  logs: readonly string[],
  blocks: Parameters<typeof vectorOf>[0],
): readonly { readonly log: string; readonly extent: string }[] {
  return logs.flatMap((log) =>
    [...vectorOf(blocks, log)].map(([stream, seq]) => ({ log, extent: `${log} ${stream} ${seq}` })),
  );
}

async function otherState(world: World, device: Device): Promise<string | null> {
  const shown = await shownBy(world, device);
  if (shown === null) return null;
  const logs = device.read(({ blocks }) => inExchangeOrder(blocks.logs()));
  const other = await replicaOf(world.mainRelay, device, logs);
  const difference = firstDifference(stateOf(other), shown);
  return difference === null ? null : `what it shows is not what its logs come to:\n${difference}`;
}
