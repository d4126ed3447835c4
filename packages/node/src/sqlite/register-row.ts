import type { ConflictKind, ConflictSummary } from "@darksync/core/conflict";
import { type Location, splitLocation } from "@darksync/core/location";
import type { RegisterType } from "@darksync/core/register";
import { hexOfBlob } from "./hex-blob.js";

/** The types of registers in the order of their numbers in the table. */
export const registerTypes: readonly RegisterType[] = ["name", "deprecation", "file", "device", "namespace"];

/** The kinds of conflicts in the order of their numbers in the table. */
export const conflictKinds: readonly ConflictKind[] = [
  "edit-edit",
  "edit-delete",
  "both-created",
  "kind-changed",
];

/** The conflict of a row, if there is one. */
export function conflictOf(row: {
  readonly conflict_kind: number | null;
  readonly conflict_id: Uint8Array | null;
}): ConflictSummary | null {
  if (row.conflict_kind === null || row.conflict_id === null) return null;
  const kind = conflictKinds[row.conflict_kind];
  return kind === undefined ? null : { id: hexOfBlob(row.conflict_id), kind };
}

/** Where the name begins in a location, in code points counted from 1, as SQL does. */
export function nameStart(location: Location): number {
  const name = splitLocation(location)?.at(-1) ?? location;
  let start = 1;
  for (const _ of location.slice(0, location.length - name.length)) start += 1;
  return start;
}
