import type { ConflictHead } from "@darksync/core/conflict";
import type { Location } from "@darksync/core/location";
import type { Assignment } from "@darksync/core/register";
import type { ReplicaTables } from "../store/store.js";

/** The naming that moved a definition to where it is in conflict. */
export interface MoveHere {
  readonly from: Location;
  /** Where the naming was written. */
  readonly location: Location;
  readonly naming: Assignment<"name">;
}

/** The latest move that brought a head's definition to `location`; null: it was made there. */
export function moveHere(
  { packages }: Pick<ReplicaTables, "packages">,
  head: ConflictHead,
  location: Location,
): MoveHere | null {
  // An edit of the place before followed the move that another one made.
  if (head.location !== location) {
    const place = head.location;
    const left = packages.heads({ type: "name", key: place });
    const naming = left.find(({ value }) => value.type === "nothing" && value.movedTo === location);
    return naming === undefined ? null : { from: place, location: place, naming };
  }
  const register = { type: "name", key: location } as const;
  const waiting = [head.id];
  const seen = new Set(waiting);
  for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
    const naming = packages.assignment(register, id);
    if (naming === null || naming.value.type === "nothing") continue;
    if (naming.value.movedFrom !== null) return { from: naming.value.movedFrom, location, naming };
    for (const next of naming.supersedes) {
      if (!seen.has(next)) waiting.push(next);
      seen.add(next);
    }
  }
  return null;
}
