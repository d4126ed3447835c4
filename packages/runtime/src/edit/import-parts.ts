import type { Op } from "@darksync/core/op/op";
import { utf8Length } from "./utf8-length.js";

/** Ops of an import that belong in one change: those of one definition, or a file's layout. */
export interface ImportPart {
  /** What it counts as when it is in; null: a layout. */
  readonly counter: "added" | "updated" | null;
  /** Where it stands in its file, counted from 1. */
  readonly line: number;
  readonly ops: readonly Op[];
}

// A change has to fit in a block, beside its header.
const maxOpsBytes = 560 * 1024;
// What an op takes beside its text: its location, a hash and what it supersedes.
const opBytes = 512;

/** The ops of parts, in order. */
export function opsOf(parts: readonly ImportPart[]): readonly Op[] {
  return parts.flatMap(({ ops }) => ops);
}

/** Groups of parts, in order, that each fit in a change (unless one part alone is too large). */
export function inChanges<Part extends Pick<ImportPart, "ops">>(
  parts: readonly Part[],
): readonly (readonly Part[])[] {
  const groups: Part[][] = [];
  let room = 0;
  for (const part of parts) {
    const bytes = part.ops.reduce((sum, op) => sum + bytesOf(op), 0);
    room -= bytes;
    const group = groups.at(-1);
    if (group !== undefined && room >= 0) group.push(part);
    else {
      groups.push([part]);
      room = maxOpsBytes - bytes;
    }
  }
  return groups;
}

function bytesOf(op: Op): number {
  if ("head" in op) return opBytes + utf8Length(op.head) + utf8Length(op.tail);
  if (op.type !== "SetFile") return opBytes;
  return op.skeleton.reduce(
    (sum, piece) => sum + (typeof piece === "string" ? utf8Length(piece) + 8 : piece.location.length * 3 + 8),
    opBytes,
  );
}
