import type { Conflict, ConflictHead } from "@darksync/core/conflict";
import type { Location } from "@darksync/core/location";
import { type ChangeId, changeOf } from "@darksync/core/op-id";
import { Authors } from "../read/members.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { dependentsOf } from "./dependents.js";
import { type EarlierChoice, EarlierChoices } from "./earlier.js";
import { moveHere } from "./move-here.js";
import { listPlans, type Plan, unforeseen } from "./plan.js";
import { decideBy } from "./resolve.js";
import type { Rule } from "./rule.js";
import { Sides } from "./side.js";
import { Writers } from "./writers.js";

/** A head with who wrote it. */
export interface DetailedHead extends ConflictHead {
  readonly change: ChangeId;
  readonly author: string;
  /** Null if its change is not held here. */
  readonly timeMs: number | null;
  /** Whether this device's member wrote it. */
  readonly isMine: boolean;
  /** Of a `name-taken`: how the definition came to the place; null: it was made there. */
  readonly moved: HeadMove | null;
}

/** That a definition was moved to where it is in conflict. */
export interface HeadMove {
  readonly from: Location;
  readonly author: string;
  readonly isMine: boolean;
}

/** A rule that was planned for a conflict, and why that did not settle it. */
export interface PlannedRule {
  readonly rule: Rule;
  readonly reason: string;
}

/** A conflict with all that people are shown of it. */
export interface DetailedConflict {
  readonly conflict: Conflict;
  readonly heads: readonly DetailedHead[];
  /** The locations whose definitions mention it; of a `dependency`, the other ones that mention what was changed. */
  readonly dependents: readonly Location[];
  readonly earlier: EarlierChoice | null;
  readonly planned: PlannedRule | null;
}

/** The definitions that mention each location. */
export type Dependents = ReadonlyMap<Location, readonly Location[]>;

/** Reads what there is to tell of conflicts, in their order. Dependents are found in one pass over the texts. */
export function detailConflicts(
  replica: Replica,
  tables: ReplicaTables,
  conflicts: readonly Conflict[],
  dependents: Dependents = dependentsOf(replica, tables, locationsOf(conflicts)),
): readonly DetailedConflict[] {
  const heads = new DetailedHeads(replica, tables);
  const earlier = new EarlierChoices(replica, tables);
  const plans = listPlans(tables).filter(({ branch }) => branch === tables.packages.branch);
  return conflicts.map((conflict) => ({
    conflict,
    heads: conflict.heads.map((head) => heads.of(conflict, head)),
    dependents: dependentsIn(dependents, conflict),
    earlier: earlier.of(conflict),
    planned: plannedFor(replica, tables, plans, conflict),
  }));
}

class DetailedHeads {
  readonly #tables: ReplicaTables;
  readonly #authors: Authors;
  readonly #writers: Writers;
  readonly #sides: Sides;

  constructor(replica: Replica, tables: ReplicaTables) {
    this.#tables = tables;
    this.#authors = new Authors(tables);
    this.#writers = new Writers(replica, tables);
    this.#sides = new Sides(replica, tables);
  }

  of(conflict: Conflict, head: ConflictHead): DetailedHead {
    const moved = conflict.kind === "name-taken" ? this.#moveOf(conflict, head) : null;
    return { ...head, change: changeOf(head.id), ...this.#writingOf(head), moved };
  }

  #moveOf({ location }: Conflict, head: ConflictHead): HeadMove | null {
    const move = moveHere(this.#tables, head, location);
    if (move === null) return null;
    const { author, isMine } = this.#writingOf({ ...move.naming, location: move.location });
    return { from: move.from, author, isMine };
  }

  #writingOf(head: ConflictHead): Pick<DetailedHead, "author" | "timeMs" | "isMine"> {
    const writer = this.#writers.of(head.location, head);
    const author = writer === null ? "unknown" : this.#authors.nameOf(writer.device);
    return { author, timeMs: writer?.time.wallMs ?? null, isMine: this.#sides.isMine(head) };
  }
}

function dependentsIn(dependents: Dependents, conflict: Conflict): readonly Location[] {
  const users = new Set(subjectsOf(conflict).flatMap((location) => dependents.get(location) ?? []));
  if (conflict.kind === "dependency") users.delete(conflict.location);
  return [...users].sort();
}

/** What a conflict is about: of a `dependency` the definition that was changed, not the one that uses it. */
function subjectsOf({ kind, location, locations }: Conflict): readonly Location[] {
  return kind === "dependency" ? locations.filter((other) => other !== location) : locations;
}

function locationsOf(conflicts: readonly Conflict[]): ReadonlySet<Location> {
  return new Set(conflicts.flatMap(subjectsOf));
}

function plannedFor(
  replica: Replica,
  tables: ReplicaTables,
  plans: readonly Plan[],
  conflict: Conflict,
): PlannedRule | null {
  const plan = plans.find(({ location }) => conflict.locations.includes(location));
  if (plan === undefined) return null;
  const { rule } = plan;
  const other = unforeseen(replica, tables, plan, conflict);
  if (other !== null) return { rule, reason: other };
  const decided = decideBy(replica, tables, rule)(conflict);
  return { rule, reason: decided.ok ? "the next sync settles it" : decided.problem.message };
}
