import { checkBlocks } from "@darksync/runtime/read/check-blocks";
import { checkChanges } from "@darksync/runtime/read/check-changes";
import { checkQueue } from "@darksync/runtime/read/check-queue";
import type { Check } from "../check.ts";

/** What `doctor` looks at is in order: chains and signatures, the queue, and the state beside one folded anew. */
export const doctor: Check = {
  name: "doctor",
  end: async (world) => {
    for (const { name, replica } of world.devices) {
      if (replica === null) continue;
      const problems = [
        ...(await checkBlocks(replica)),
        ...replica.store.read((tables) => checkChanges(replica, tables)),
        ...replica.store.read(checkQueue),
      ];
      const [first] = problems;
      if (first !== undefined) return `${name}: ${first.code}: ${first.message}`;
    }
    return null;
  },
};
