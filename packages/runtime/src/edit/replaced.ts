import type { Location } from "@darksync/core/location";
import type { Assignment } from "@darksync/core/register";
import { judgedAt } from "../read/conflicts.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";

/** The heads that a new naming of a location replaces, by where they were written (O3). */
export type Replaced = ReadonlyMap<Location, readonly Assignment<"name">[]>;

/** What a new naming of a location replaces now: its own heads, and edits that followed a move to it. */
export function replacedAt(
  replica: Pick<Replica, "hash" | "language">,
  tables: ReplicaTables,
  location: Location,
): Replaced {
  const heads = tables.packages.heads({ type: "name", key: location });
  // What no move links with another place belongs where it is; every save passes here.
  if (!tables.packages.isLinked(location)) return new Map([[location, heads]]);
  return judgedAt(replica, tables, location)?.replaces ?? new Map([[location, heads]]);
}
