import { ownerOf } from "@darksync/core/location";
import { type Replaced, replacedAt } from "@darksync/runtime/edit/replaced";
import type { Saved } from "@darksync/runtime/edit/save";
import { listOwners } from "@darksync/runtime/read/members";
import type { Answer } from "./command.js";
import { paint } from "./paint.js";
import type { Space } from "./space.js";
import { shortId } from "./wording.js";

/** What was there when the author of a save began. */
export interface Before {
  /** What a save was to replace then. */
  readonly replaced: Replaced;
  readonly isInConflict: boolean;
  readonly isMerged: boolean;
  /** The owners there were. */
  readonly owners: readonly string[];
}

/** What is there now. */
export function lookBefore({ replica }: Space, location: string): Before {
  return replica.store.read((tables) => {
    const row = tables.packages.nameRow(location);
    return {
      replaced: replacedAt(replica, tables, location),
      isInConflict: row !== null && row.conflict !== null,
      isMerged: row?.isMerged ?? false,
      owners: listOwners(tables),
    };
  });
}

/** The answer to a save. */
export function answerOfSave(
  { replica }: Space,
  { location, kind, hash, change, isUnchanged }: Saved,
  before: Before,
): Answer {
  const conflict = replica.store.read(({ packages }) => packages.nameRow(location)?.conflict ?? null);
  const lines = [
    isUnchanged
      ? `${location} is unchanged: nothing was saved.`
      : `Saved ${paint.bold(location)} (${kind} ${shortId(hash)}).`,
  ];
  if (conflict !== null) {
    lines.push(
      paint.yellow(
        `! It was changed meanwhile. Both versions are kept, in conflict ${shortId(conflict.id)}:`,
      ),
      `  darklang conflicts show ${shortId(conflict.id)}`,
    );
  } else if (!isUnchanged && before.isInConflict) lines.push("That settles its conflict.");
  else if (!isUnchanged && before.isMerged) lines.push("It takes the place of what was merged.");
  const owner = ownerOf(location);
  if (!before.owners.includes(owner)) lines.push(`${owner} is a new owner namespace.`);
  return {
    json: { location, kind, hash, change, unchanged: isUnchanged, conflict: conflict?.id ?? null },
    text: lines.join("\n"),
  };
}
