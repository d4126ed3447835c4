import { listConflicts } from "@darksync/runtime/read/conflicts";
import type { Check } from "../check.ts";

/** O3, O5: each disagreement is listed, once, with all its places. */
export const listedOnce: Check = {
  name: "listed-once",
  end: (world) => {
    for (const { name, replica } of world.devices) {
      const wrong = replica?.store.read((tables) => {
        const listed = listConflicts(replica, tables);
        const ids = new Set(listed.map(({ id }) => id));
        if (ids.size < listed.length) return "a conflict is listed twice";
        for (const { location, conflict } of tables.packages.names("", Number.MAX_SAFE_INTEGER))
          if (conflict !== null && !ids.has(conflict.id)) return `the conflict at ${location} is not listed`;
        return null;
      });
      if (wrong != null) return `${name}: ${wrong}`;
    }
    return null;
  },
};
