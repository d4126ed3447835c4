import type { Conflict } from "@darksync/core/conflict";
import { listConflicts } from "../read/conflicts.js";
import { Authors, memberOf } from "../read/members.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { Writers } from "./writers.js";

/** Which conflicts are meant. */
export interface ConflictFilter {
  /** A location, or what locations begin with before a dot; empty: all. */
  readonly prefix: string;
  readonly kind: string | null;
  /** Name of a member who wrote a head of it. */
  readonly author: string | null;
}

/** All conflicts, as a filter. */
export const allConflicts: ConflictFilter = { prefix: "", kind: null, author: null };

/** The conflicts that a filter lets through, in order of location. */
export function conflictsIn(
  replica: Pick<Replica, "hash" | "language" | "compression">,
  tables: ReplicaTables,
  { prefix, kind, author }: ConflictFilter,
): readonly Conflict[] {
  const authors = new Authors(tables);
  const writers = new Writers(replica, tables);
  const isWithin = (location: string) =>
    prefix === "" || location === prefix || location.startsWith(`${prefix}.`);
  const isBy = (device: string) => memberOf(tables, device) === author || authors.nameOf(device) === author;
  return listConflicts(replica, tables).filter(
    (conflict) =>
      conflict.locations.some(isWithin) &&
      (kind === null || conflict.kind === kind) &&
      (author === null ||
        conflict.heads.some((head) => {
          const writer = writers.of(head.location, head);
          return writer !== null && isBy(writer.device);
        })),
  );
}
