import type { Conflict } from "@darksync/core/conflict";
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
        if (ids.size < listed.length) return `a conflict is listed twice: ${twice(listed)}`;
        for (const { location, conflict } of tables.packages.names("", Number.MAX_SAFE_INTEGER))
          if (conflict !== null && !ids.has(conflict.id)) return `the conflict at ${location} is not listed`;
        return null;
      });
      if (wrong != null) return `${name}: ${wrong}`;
    }
    return null;
  },
};

function twice(listed: readonly Conflict[]): string {
  const again = listed.filter(({ id }, at) => listed.findIndex((other) => other.id === id) < at);
  return again.map(({ id, kind, locations }) => `${id} ${kind} at ${locations.join(", ")}`).join("; ");
}
