import type { ContentHash } from "@darksync/core/content-hash";
import type { DefinitionText } from "@darksync/core/definition";
import type { Location } from "@darksync/core/location";
import type { Assignment } from "@darksync/core/register";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { renderText } from "./definition.js";
import { soundText } from "./sound-text.js";

/** One side of a difference: a definition's hash and text; the text is null where it is not held here. */
export interface Version {
  readonly hash: ContentHash;
  readonly source: string | null;
}

/** What a naming binds a location to; null: nothing. `mergedText`: its text where merging made it just now. */
export function versionOf(
  replica: Pick<Replica, "hash">,
  tables: Pick<ReplicaTables, "packages">,
  location: Location,
  shown: Assignment<"name"> | null,
  mergedText: DefinitionText | null = null,
): Version | null {
  if (shown?.value.type !== "definition") return null;
  const text = mergedText ?? soundText(replica, tables, shown.value.hash);
  return { hash: shown.value.hash, source: text === null ? null : renderText(location, text) };
}
