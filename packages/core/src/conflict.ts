import { toHex } from "./bytes.js";
import { encode, writeText } from "./codec.js";
import { effectiveHeads, Lineage, type ReadNaming } from "./lineage.js";
import type { Location } from "./location.js";
import type { OpId } from "./op-id.js";
import type { Hash } from "./ports.js";
import type { Assignment } from "./register.js";

/** What cannot be merged (O3). */
export type ConflictKind = "edit-edit" | "edit-delete" | "both-created" | "kind-changed";

/** A conflict as the fold records it: the same on every replica that holds the same changes (O5). */
export interface ConflictSummary {
  /** Hex of the hash of branch, kind, locations and sorted heads. */
  readonly id: string;
  readonly kind: ConflictKind;
}

/** A conflict with all that people need to settle it. */
export interface Conflict extends ConflictSummary {
  readonly location: Location;
  /** In id order, each different from the others. */
  readonly heads: readonly Assignment<"name">[];
  /** Where the heads parted, if there is one such place. */
  readonly base: Assignment<"name"> | null;
}

/** The branch of the approved packages, in conflict ids. */
export const mainBranch: string = "main";

/** What a location's heads come to: the head that is shown, and the conflict if they disagree. */
export function judgeHeads(
  hash: Hash,
  branch: string,
  location: Location,
  heads: readonly Assignment<"name">[],
  read: ReadNaming,
): { readonly shown: Assignment<"name"> | null; readonly conflict: Conflict | null } {
  const [only] = heads;
  if (only === undefined) return { shown: null, conflict: null };
  if (heads.length === 1) return { shown: only, conflict: null };
  const lineage = new Lineage(heads, read);
  const standing = effectiveHeads(lineage, heads);
  const shown = standing.find((head) => head.value.type === "definition") ?? standing[0] ?? null;
  if (standing.length < 2) return { shown, conflict: null };
  const bases = lineage.nearestCommonAncestors(standing.map((head) => lineage.nodeOf(head.id)));
  const kind = kindOf(
    standing,
    bases.some((node) => lineage.assignmentOf(node).value.type === "definition"),
  );
  const id = conflictId(
    hash,
    branch,
    kind,
    [location],
    standing.map((head) => head.id),
  );
  const base = bases.length === 1 && bases[0] !== undefined ? lineage.assignmentOf(bases[0]) : null;
  return { shown, conflict: { id, kind, location, heads: standing, base } };
}

// The order is the precedence of SPEC.md O3.2. Where the base is a deletion, nobody edited anything: both created.
function kindOf(heads: readonly Assignment<"name">[], hadDefinition: boolean): ConflictKind {
  const kinds = new Set(heads.map(({ value }) => (value.type === "definition" ? value.kind : "nothing")));
  if (kinds.has("nothing")) return "edit-delete";
  if (!hadDefinition) return "both-created";
  return kinds.size > 1 ? "kind-changed" : "edit-edit";
}

function conflictId(
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
    ...[...locations].sort(),
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
