import { toHex } from "./bytes.js";
import { encode, writeText } from "./codec.js";
import type { Location } from "./location.js";
import type { OpId } from "./op-id.js";
import type { Hash } from "./ports.js";
import type { Assignment } from "./register.js";

/** What cannot be merged (O3), and what merged though it may not fit (`dependency`, O4). */
export type ConflictKind =
  | "edit-edit"
  | "edit-delete"
  | "both-created"
  | "kind-changed"
  | "move-move"
  | "name-taken"
  | "dependency";

/** A conflict as the fold records it: the same on every replica that holds the same changes (O5). */
export interface ConflictSummary {
  /** Hex of the hash of branch, kind, locations and sorted heads. */
  readonly id: string;
  readonly kind: ConflictKind;
}

/** One of the namings that disagree. */
export interface ConflictHead extends Assignment<"name"> {
  /** Where it was written: an edit may have followed a move. */
  readonly location: Location;
}

/** A conflict with all that people need to settle it. */
export interface Conflict extends ConflictSummary {
  /** The first of `locations`; of a `dependency`, the definition that uses what changed. */
  readonly location: Location;
  /** In order. Several where one definition is at several places, and the two of a `dependency`. */
  readonly locations: readonly Location[];
  /** In id order, each different from the others. */
  readonly heads: readonly ConflictHead[];
  /** Where the heads parted, if there is one such place. */
  readonly base: Assignment<"name"> | null;
}

/** The branch of the approved packages, in conflict ids. */
export const mainBranch: string = "main";

/** The id of a conflict (O5). Of a `dependency` the definition comes first: each of two may use the other. */
export function conflictId(
  hash: Hash,
  branch: string,
  kind: ConflictKind,
  locations: readonly Location[],
  heads: readonly OpId[],
): string {
  const parts = [
    "darksync conflict 1",
    branch,
    kind,
    `${locations.length}`,
    ...(kind === "dependency" ? locations : [...locations].sort()),
    ...[...heads].sort(),
  ];
  return toHex(
    hash(
      encode((writer) => {
        for (const part of parts) writeText(writer, part);
      }),
    ),
  );
}
