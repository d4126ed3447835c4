import type { ConflictKind, ConflictSummary } from "@darksync/core/conflict";
import { type Location, splitLocation } from "@darksync/core/location";
import type { RegisterType } from "@darksync/core/register";
import { hexOfBlob } from "./hex-blob.js";

/** The numbers of the types of registers in the table; a database on disk has them, so none ever changes. */
export const registerNumbers: { readonly [Type in RegisterType]: number } = {
  name: 0,
  deprecation: 1,
  file: 2,
  device: 3,
  namespace: 4,
  acceptance: 5,
  branch: 6,
  branchName: 7,
  branchBase: 8,
  branchArchived: 9,
  branchShare: 10,
  merge: 11,
  branchedName: 12,
  branchedDeprecation: 13,
  branchedFile: 14,
};

/** The kinds of conflicts in the order of their numbers in the table. */
export const conflictKinds: readonly ConflictKind[] = [
  "edit-edit",
  "edit-delete",
  "both-created",
  "kind-changed",
  "move-move",
  "name-taken",
  "dependency",
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
