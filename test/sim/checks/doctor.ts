import { checkBlocks } from "@darksync/runtime/read/check-blocks";
import { checkChanges } from "@darksync/runtime/read/check-changes";
import { checkQueue } from "@darksync/runtime/read/check-queue";
import type { Check } from "../check.ts";

const mostDevices = 2;

/** What `doctor` looks at is in order: chains and signatures, the queue, and the state beside one folded anew. */
export const doctor: Check = {
  name: "doctor",
  end: async (world) => {
    // A look at all that one has takes as long as the run: two are enough.
    const first = world.chance.fork("doctor").below(world.devices.length);
    const devices = [...world.devices, ...world.devices].slice(first, first + mostDevices);
    for (const { name, replica } of devices) {
      if (replica === null) continue;
      const problems = [
        ...(await checkBlocks(replica)),
        ...replica.store.read((tables) => checkChanges(replica, tables)),
        ...replica.store.read(checkQueue),
      ];
      const [problem] = problems;
      if (problem !== undefined) return `${name}: ${problem.code}: ${problem.message}`;
    }
    return null;
  },
};
