import type { Location } from "@darksync/core/location";
import type { Binding } from "@darksync/core/register";
import { soundText } from "../read/sound-text.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import type { Target } from "./namings.js";

/**
 * What a location shows, to be named there or elsewhere: with its text where merging made it. Who gets the naming
 * together with what it replaces never comes to that merge, so no other op would bring the text (R19).
 */
export function withMergedText(
  replica: Pick<Replica, "hash">,
  tables: Pick<ReplicaTables, "packages">,
  location: Location,
  shown: Extract<Binding, { type: "definition" }>,
): Target {
  if (tables.packages.nameRow(location)?.isMerged !== true) return shown;
  // None is here where one side was taken as it is: then that side brings it.
  return soundText(replica, tables, shown.hash) ?? shown;
}
