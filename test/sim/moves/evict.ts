import { evict } from "@darksync/runtime/cache/evict";
import type { Device } from "../device.ts";
import type { Move } from "../move.ts";
import { deviceUp } from "../places.ts";

/** A device makes room: what the relay has and is not needed now goes, and is fetched when it is. */
export const evictMove: Move = {
  name: "evict",
  kind: "intent",
  weight: 5,
  run: (world, chance) => {
    const share = chance.percent(60) ? 0 : chance.below(100);
    const device = deviceUp(world, chance);
    if (device !== null) void evictShare(device, share, chance.percent(40));
  },
};

/** `isFull`: after all was downloaded in segments, own history too. */
async function evictShare(device: Device, share: number, isFull: boolean): Promise<void> {
  if (isFull) await device.syncFull();
  await device.actAlone("evict", async (replica) => {
    const usedBytes = replica.store.read(({ storage }) => storage.usedBytes());
    const { texts, segments } = await evict(replica, (usedBytes * share) / 100, async () => {});
    device.hasEvicted ||= segments > 0;
    return `${texts} texts, ${segments} segments`;
  });
}
