import { evict } from "@darksync/runtime/cache/evict";
import type { Move } from "../move.ts";
import { deviceUp } from "../places.ts";

/** A device makes room: what the relay has and is not needed now goes, and is fetched when it is. */
export const evictMove: Move = {
  name: "evict",
  kind: "intent",
  weight: 3,
  run: (world, chance) => {
    const share = chance.below(100);
    void deviceUp(world, chance)?.actAlone("evict", async (replica) => {
      const usedBytes = replica.store.read(({ storage }) => storage.usedBytes());
      const { texts, segments } = await evict(replica, (usedBytes * share) / 100, async () => {});
      return `${texts} texts, ${segments} segments`;
    });
  },
};
