import type { BranchId } from "@darksync/core/branch";
import { deprecationOf } from "@darksync/core/deprecation";
import type { Location } from "@darksync/core/location";
import { type Version, versionOf } from "../read/version.js";
import type { Replica } from "../replica/replica.js";
import type { NameRow } from "../store/package-store.js";
import type { ReplicaTables } from "../store/store.js";
import { activeParentOf } from "./branch-edit.js";
import { everythingHere } from "./merge-branch.js";
import { type BranchTables, isSame } from "./merge-ops.js";
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
  readonly #source: BranchTables;
  readonly #target: ReplicaTables;

  constructor(ports: Ports, tables: ReplicaTables, id: BranchId) {
    const into = activeParentOf(tables, id);
    this.#source = tablesOnBranch(ports, tables, id, everythingHere(ports, tables, id));
    this.#target = into === null ? tables : tablesOnBranch(ports, tables, into);
  }

  locations(): readonly Location[] {
    const deprecated = this.#source.packages.touchedKeys("deprecation");
    return [...new Set([...this.#source.packages.affectedLocations(), ...deprecated])].sort();
  }

  differsAt(location: Location): boolean {
    const [there, here] = this.#rowsAt(location);
    if (this.#conflictAt(location) !== null || this.#deprecationAt(location) !== undefined) return true;
    return !isSame(there?.shown?.value, here?.shown?.value);
  }

  differenceAt(location: Location): BranchDifference {
    const [there, here] = this.#rowsAt(location);
    return {
      location,
      from: versionOf(this.#target, location, there?.shown ?? null),
      to: versionOf(this.#source, location, here?.shown ?? null),
      conflict: this.#conflictAt(location),
      deprecation: this.#deprecationAt(location),
    };
  }

  #rowsAt(location: Location): readonly (NameRow | null)[] {
    return [this.#target, this.#source].map(({ packages }) => packages.nameRow(location));
  }

  /** Those of the target are settled there. */
  #conflictAt(location: Location): string | null {
    const [there, here] = this.#rowsAt(location);
    const conflict = here?.conflict?.id ?? null;
    return conflict === there?.conflict?.id ? null : conflict;
  }

  #deprecationAt(location: Location): string | null | undefined {
    const [there, here] = [this.#target, this.#source].map(
      ({ packages }) =>
        deprecationOf(packages.heads({ type: "deprecation", key: location }))?.message ?? null,
    );
    return there === here ? undefined : here;
  }
}
