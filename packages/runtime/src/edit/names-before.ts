import { namingSourceOf } from "@darksync/core/fold";
import { type JudgedName, judgeGroup } from "@darksync/core/judge";
import type { Location } from "@darksync/core/location";
import type { NamingSource } from "@darksync/core/naming-source";
import type { Op } from "@darksync/core/op/op";
import type { OpId } from "@darksync/core/op-id";
import type { Assignment } from "@darksync/core/register";
import { namingSourceAt } from "../read/past.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";

/** An op that names a location. */
export type NameOp = Extract<Op, { type: "SetName" | "UnsetName" }>;

/** What locations showed before some ops, whatever came elsewhere since. */
export class NamesBefore {
  readonly source: NamingSource;
  readonly #replica: Pick<Replica, "hash" | "language">;
  readonly #tables: ReplicaTables;
  readonly #ops: ReadonlyMap<OpId, NameOp>;
  readonly #heads = new Map<Location, readonly Assignment<"name">[]>();
  readonly #judged = new Map<Location, JudgedName>();
  readonly #movedBy = new Map<Location, Location>();

  /** `ops`: those that are to count for nothing, by their ids. */
  constructor(
    replica: Pick<Replica, "hash" | "language">,
    tables: ReplicaTables,
    ops: ReadonlyMap<OpId, NameOp>,
  ) {
    this.#replica = replica;
    this.#tables = tables;
    this.#ops = ops;
    for (const [location, own] of Map.groupBy(ops.values(), (op) => op.location))
      this.#heads.set(location, this.#replacedBy(location, own));
    for (const op of ops.values()) {
      const other = op.type === "SetName" ? op.movedFrom : op.movedTo;
      if (other !== null && !this.#movedBy.has(op.location)) this.#movedBy.set(op.location, other);
    }
    this.source = namingSourceAt(
      tables,
      (location) => this.#heads.get(location) ?? namingSourceOf(tables.packages).heads(location),
    );
  }

  /** The locations that the ops name. */
  get locations(): Iterable<Location> {
    return this.#heads.keys();
  }

  /** Whether the ops are all that stands at the locations they name. */
  get areLast(): boolean {
    return [...this.#heads.keys()].every((location) => {
      const heads = this.#tables.packages.heads({ type: "name", key: location });
      return heads.length > 0 && heads.every(({ id }) => this.#ops.has(id));
    });
  }

  /** What a location came to; null if nothing was there. */
  at(location: Location): JudgedName | null {
    const known = this.#judged.get(location);
    if (known !== undefined) return known;
    const { branch } = this.#tables.packages;
    for (const [place, name] of judgeGroup(this.#replica, branch, this.source, location).names)
      this.#judged.set(place, name);
    return this.#judged.get(location) ?? null;
  }

  /** Where the ops moved the definition of a location from, or to. */
  movedBy(location: Location): Location | null {
    return this.#movedBy.get(location) ?? null;
  }

  #replacedBy(location: Location, ops: readonly NameOp[]): readonly Assignment<"name">[] {
    const ids = new Set(ops.flatMap(({ supersedes }) => supersedes).filter((id) => !this.#ops.has(id)));
    const found = [...ids].flatMap(
      (id) => this.#tables.packages.assignment({ type: "name", key: location }, id) ?? [],
    );
    // An op may name also what its predecessor replaced (O1).
    const older = new Set(found.flatMap(({ supersedes }) => supersedes));
    return found.filter(({ id }) => !older.has(id));
  }
}
