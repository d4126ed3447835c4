import type { BranchId } from "@darksync/core/branch";
import { deprecationOf } from "@darksync/core/deprecation";
import type { Location } from "@darksync/core/location";
import { type Version, versionOf } from "../read/version.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { activeParentOf } from "./branch-edit.js";
import { conflictsToSettle, everythingHere } from "./merge-branch.js";
import { type BranchTables, isToBeWritten } from "./merge-ops.js";
import { tablesOnBranch } from "./on-branch.js";

/** What a branch would change at a location of the branch, or of main, that it is merged into. */
export interface BranchDifference {
  readonly location: Location;
  /** What is there now; null: nothing. */
  readonly from: Version | null;
  /** What the merge would put there; null: nothing. */
  readonly to: Version | null;
  /** Id of the conflict that has to be settled on the branch first, or null. */
  readonly conflict: string | null;
  /** What the merge would say of its deprecation: a message, null for none any more; undefined: nothing. */
  readonly deprecation: string | null | undefined;
}

type Ports = Pick<Replica, "hash" | "language" | "device">;

/** The locations that a merge of a branch would change, or that are in conflict with what is there; in order. */
export function differingLocations(ports: Ports, tables: ReplicaTables, id: BranchId): readonly Location[] {
  const sides = new Sides(ports, tables, id);
  return sides.locations().filter((location) => sides.differsAt(location));
}

/** What a merge of a branch would change, in order of location; of one location, if given. */
export function listDifferences(
  ports: Ports,
  tables: ReplicaTables,
  id: BranchId,
  location: Location | null = null,
): readonly BranchDifference[] {
  const sides = new Sides(ports, tables, id);
  const places = location === null ? sides.locations() : [location];
  return places.filter((place) => sides.differsAt(place)).map((place) => sides.differenceAt(place));
}

/** A branch as it would be with all that is here now, beside what it is merged into. */
class Sides {
  readonly #ports: Ports;
  readonly #source: BranchTables;
  readonly #target: ReplicaTables;
  readonly #conflicts: ReadonlyMap<Location, string>;

  constructor(ports: Ports, tables: ReplicaTables, id: BranchId) {
    this.#ports = ports;
    const into = activeParentOf(tables, id);
    this.#source = tablesOnBranch(ports, tables, id, everythingHere(ports, tables, id));
    this.#target = into === null ? tables : tablesOnBranch(ports, tables, into);
    this.#conflicts = new Map(
      conflictsToSettle(ports, this.#source, this.#target).flatMap((conflict) =>
        conflict.locations.map((location) => [location, conflict.id]),
      ),
    );
  }

  locations(): readonly Location[] {
    const { packages } = this.#source;
    const deprecated = packages.touchedKeys("deprecation");
    return [...new Set([...packages.affectedLocations(), ...deprecated, ...this.#conflicts.keys()])].sort();
  }

  differsAt(location: Location): boolean {
    return (
      this.#conflicts.has(location) ||
      this.#deprecationAt(location) !== undefined ||
      isToBeWritten(this.#source, this.#target, location)
    );
  }

  differenceAt(location: Location): BranchDifference {
    return {
      location,
      from: shownAt(this.#ports, this.#target, location),
      to: shownAt(this.#ports, this.#source, location),
      conflict: this.#conflicts.get(location) ?? null,
      deprecation: this.#deprecationAt(location),
    };
  }

  #deprecationAt(location: Location): string | null | undefined {
    const [there, here] = [this.#target, this.#source].map(
      ({ packages }) =>
        deprecationOf(packages.heads({ type: "deprecation", key: location }))?.message ?? null,
    );
    return there === here ? undefined : here;
  }
}

function shownAt(ports: Ports, tables: ReplicaTables, location: Location): Version | null {
  return versionOf(ports, tables, location, tables.packages.nameRow(location)?.shown ?? null);
}
