import { ownerOf } from "@darksync/core/location";
import type { Assignment } from "@darksync/core/register";
import type { Saved } from "@darksync/runtime/edit/save";
import { listOwners } from "@darksync/runtime/read/members";
import type { Answer } from "./command.js";
import { paint } from "./paint.js";
import type { Space } from "./space.js";
import { shortId } from "./wording.js";

/** What was there when the author of a save began. */
export interface Before {
  readonly heads: readonly Assignment<"name">[];
  /** The owners there were. */
  readonly owners: readonly string[];
}

/** What is there now. */
export function lookBefore({ replica }: Space, location: string): Before {
  return replica.store.read((tables) => ({
    heads: tables.packages.heads({ type: "name", key: location }),
    owners: listOwners(tables),
  }));
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
  } else if (!isUnchanged && before.heads.length > 1) lines.push("That settles its conflict.");
  const owner = ownerOf(location);
  if (!before.owners.includes(owner)) lines.push(`${owner} is a new owner namespace.`);
  return {
    json: { location, kind, hash, change, unchanged: isUnchanged, conflict: conflict?.id ?? null },
    text: lines.join("\n"),
  };
}
