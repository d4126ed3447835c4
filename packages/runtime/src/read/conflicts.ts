import { type Conflict, judgeHeads, mainBranch } from "@darksync/core/conflict";
import type { Location } from "@darksync/core/location";
import { failure, type Result, success } from "@darksync/core/result";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";

/** All conflicts with their heads and bases, in order of location. */
export function listConflicts(replica: Pick<Replica, "hash">, tables: ReplicaTables): readonly Conflict[] {
  return tables.packages.conflicts().map(({ location }) => conflictAt(replica, tables, location));
}

/** The conflict whose id begins like this. */
export function findConflict(
  replica: Pick<Replica, "hash">,
  tables: ReplicaTables,
  idPrefix: string,
): Result<Conflict> {
  const rows = tables.packages.conflicts().filter(({ conflict }) => conflict?.id.startsWith(idPrefix));
  const [only] = rows;
  if (only === undefined) {
    return failure(
      "unknown-conflict",
      `there is no conflict ${idPrefix}`,
      "`darklang conflicts` lists them; it may be settled already.",
    );
  }
  if (rows.length > 1) return failure("ambiguous-id", `${idPrefix} begins several ids`, "Give more digits.");
  return success(conflictAt(replica, tables, only.location));
}

function conflictAt({ hash }: Pick<Replica, "hash">, tables: ReplicaTables, location: Location): Conflict {
  const register = { type: "name", key: location } as const;
  const heads = tables.packages.heads(register);
  const read = (id: string) => tables.packages.assignment(register, id);
  const { conflict } = judgeHeads(hash, mainBranch, location, heads, read);
  if (conflict === null) throw new Error(`the conflict at ${location} is recorded but is none`);
  return conflict;
}
