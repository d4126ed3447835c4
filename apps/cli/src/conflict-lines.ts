import type { Conflict } from "@darksync/core/conflict";
import { shortId } from "./wording.js";

const shownConflicts = 10;

/** Conflicts in a line each; of many the first. */
export function conflictLines(conflicts: readonly Conflict[]): readonly string[] {
  const lines = conflicts
    .slice(0, shownConflicts)
    .map(({ id, kind, location }) => `  ${shortId(id)}  ${kind.padEnd(12)}  ${location}`);
  const rest = conflicts.length - lines.length;
  return rest > 0 ? [...lines, `  and ${rest} more`] : lines;
}
