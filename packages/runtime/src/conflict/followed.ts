import { namingSourceOf } from "@darksync/core/fold";
import { judgeGroup } from "@darksync/core/judge";
import type { Location } from "@darksync/core/location";
import { changeOf } from "@darksync/core/op-id";
import type { Assignment } from "@darksync/core/register";
import { authorOf } from "../read/members.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { Sides } from "./side.js";

/** An own edit that belongs elsewhere now, since somebody had moved the definition. */
export interface FollowedEdit {
  readonly from: Location;
  readonly to: Location;
  /** Name of who moved it. */
  readonly mover: string;
}

/** Of these locations those where this device's member edited what another one had moved away. */
export function followedEdits(
  replica: Pick<Replica, "hash" | "language" | "device" | "compression">,
  tables: ReplicaTables,
  locations: Iterable<Location>,
): readonly FollowedEdit[] {
  const sides = new Sides(replica, tables);
  const { packages } = tables;
  return [...locations].flatMap((from) => {
    if (packages.heads({ type: "name", key: from }).length < 2) return [];
    const { names } = judgeGroup(replica, packages.branch, namingSourceOf(packages), from);
    return [...names].flatMap(([to, { replaces }]): readonly FollowedEdit[] => {
      const heads = to === from ? [] : (replaces.get(from) ?? []);
      const isMine = (head: Assignment<"name">) => sides.isMine({ ...head, location: from });
      const isEdited = heads.some((head) => head.value.type === "definition" && isMine(head));
      const move = heads.find((head) => head.value.type === "nothing" && !isMine(head));
      const record = move === undefined ? null : tables.changes.get(changeOf(move.id));
      return isEdited && record !== null ? [{ from, to, mover: authorOf(tables, record.device) }] : [];
    });
  });
}
