import type { Location } from "@darksync/core/location";
import type {
  DependencyPair,
  DependencyStore,
  FollowedHead,
  JudgedPair,
} from "@darksync/runtime/store/dependency-store";
import type { Connection } from "./connection.js";
import { blobOfHex, hexOfBlob } from "./hex-blob.js";

interface PairRow {
  readonly definition: string;
  readonly user: string;
  readonly nearer: string;
  readonly conflict_id: Uint8Array | null;
  readonly is_undecided: number;
}

interface FollowedRow {
  readonly location: string;
  readonly written: string;
  readonly op: string;
}

const columns = "definition, user, nearer, conflict_id, is_undecided";

/** Pairs that are, or may come to be, `dependency` records, in SQLite. */
export class DependencyTable implements DependencyStore {
  readonly #connection: Connection;
  #hasPairs: boolean | null = null;

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.forgetAtForeignWrite(() => {
      this.#hasPairs = null;
    });
  }

  isEmpty(): boolean {
    // As with `ahead`: the table is nearly always empty, and each save asks.
    const known = this.#connection.isWriting ? this.#hasPairs : null;
    const hasPairs = known ?? this.#connection.row("select 1 from dependency limit 1") !== undefined;
    if (this.#connection.isWriting) this.#hasPairs = hasPairs;
    return !hasPairs;
  }

  put({ definition, user, nearer, conflict, isUndecided }: JudgedPair): void {
    this.remove({ definition, user });
    this.#hasPairs = true;
    const kept = [...new Set(nearer)].filter((location) => location !== definition && location !== user);
    this.#connection.run(
      "insert into dependency values (?, ?, ?, ?, ?)",
      definition,
      user,
      JSON.stringify(kept.sort()),
      conflict === null ? null : blobOfHex(conflict),
      isUndecided ? 1 : 0,
    );
    for (const location of kept)
      this.#connection.run("insert into dependency_nearer values (?, ?, ?)", location, definition, user);
  }

  remove({ definition, user }: DependencyPair): void {
    const [former] = this.#pairs("where definition = ? and user = ?", definition, user);
    if (former === undefined) return;
    for (const location of former.nearer)
      this.#connection.run(
        "delete from dependency_nearer where location = ? and definition = ? and user = ?",
        location,
        definition,
        user,
      );
    this.#connection.run("delete from dependency where definition = ? and user = ?", definition, user);
    this.#hasPairs = null;
  }

  touching(location: Location): readonly JudgedPair[] {
    return this.#pairs(
      `where definition = ? or user = ?
      or (definition, user) in (select definition, user from dependency_nearer where location = ?)`,
      location,
      location,
      location,
    );
  }

  undecided(): readonly JudgedPair[] {
    return this.#pairs("where is_undecided = 1");
  }

  records(): readonly JudgedPair[] {
    return this.#pairs("where conflict_id is not null");
  }

  setFollowed(location: Location, heads: readonly FollowedHead[]): void {
    this.#connection.run("delete from followed_head where location = ?", location);
    for (const { written, id } of heads)
      this.#connection.run("insert into followed_head values (?, ?, ?)", location, id, written);
  }

  followed(): readonly FollowedHead[] {
    return this.#connection
      .rows<FollowedRow>("select location, written, op from followed_head")
      .map(({ location, written, op }) => ({ location, written, id: op }))
      .sort((left, right) => order(left.location, right.location) || order(left.id, right.id));
  }

  clear(): void {
    for (const table of ["dependency", "dependency_nearer", "followed_head"])
      this.#connection.run(`delete from ${table}`);
    this.#hasPairs = null;
  }

  #pairs(condition: string, ...values: string[]): readonly JudgedPair[] {
    return this.#connection
      .rows<PairRow>(`select ${columns} from dependency ${condition}`, ...values)
      .map(pairOf)
      .sort((left, right) => order(left.user, right.user) || order(left.definition, right.definition));
  }
}

function pairOf({ definition, user, nearer, conflict_id, is_undecided }: PairRow): JudgedPair {
  return {
    definition,
    user,
    nearer: JSON.parse(nearer) as readonly Location[],
    conflict: conflict_id === null ? null : hexOfBlob(conflict_id),
    isUndecided: is_undecided === 1,
  };
}

// By code unit, as everywhere; SQLite compares by code point.
function order(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
