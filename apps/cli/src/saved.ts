import type { Assignment } from "@darksync/core/register";
import type { Saved } from "@darksync/runtime/edit/save";
import type { Answer } from "./command.js";
import { paint } from "./paint.js";
import type { Space } from "./space.js";
import { shortId } from "./wording.js";

/** The heads of a location now. */
export function headsSeen({ replica }: Space, location: string): readonly Assignment<"name">[] {
  return replica.store.read(({ packages }) => packages.heads({ type: "name", key: location }));
}

/** The answer to a save; `before`: the heads that were there when its author began. */
export function answerOfSave(
  { replica }: Space,
  { location, kind, hash, change, isUnchanged }: Saved,
  before: readonly Assignment<"name">[],
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
  } else if (!isUnchanged && before.length > 1) lines.push("That settles its conflict.");
  return {
    json: { location, kind, hash, change, unchanged: isUnchanged, conflict: conflict?.id ?? null },
    text: lines.join("\n"),
  };
}
