import type { Location } from "@darksync/core/location";
import type { DependencyPair, DependencyStore, FollowedHead, JudgedPair } from "../store/dependency-store.js";
import { type Journal, JournaledMap } from "./journal.js";

/** Pairs that are, or may come to be, `dependency` records, in memory. */
export class MemoryDependencies implements DependencyStore {
  readonly #pairs: JournaledMap<string, JudgedPair>;
  readonly #followed: JournaledMap<Location, readonly FollowedHead[]>;

  constructor(journal: Journal) {
    this.#pairs = new JournaledMap(journal);
    this.#followed = new JournaledMap(journal);
  }

  isEmpty(): boolean {
    return this.#pairs.size === 0;
  }

  put({ definition, user, nearer, conflict, isUndecided }: JudgedPair): void {
    const kept = [...new Set(nearer)].filter((location) => location !== definition && location !== user);
    this.#pairs.set(keyOf({ definition, user }), {
      definition,
      user,
      nearer: kept.sort(),
      conflict,
      isUndecided,
    });
  }

  remove(pair: DependencyPair): void {
    this.#pairs.delete(keyOf(pair));
  }

  touching(location: Location): readonly JudgedPair[] {
    return this.#sorted(({ definition, user, nearer }) => [definition, user, ...nearer].includes(location));
  }

  undecided(): readonly JudgedPair[] {
    return this.#sorted(({ isUndecided }) => isUndecided);
  }

  records(): readonly JudgedPair[] {
    return this.#sorted(({ conflict }) => conflict !== null);
  }

  setFollowed(location: Location, heads: readonly FollowedHead[]): void {
    if (heads.length > 0) this.#followed.set(location, [...heads]);
    else this.#followed.delete(location);
  }

  followed(): readonly FollowedHead[] {
    return this.#followed
      .values()
      .flat()
      .sort((left, right) => order(left.location, right.location) || order(left.id, right.id));
  }

  clear(): void {
    this.#pairs.clear();
    this.#followed.clear();
  }

  #sorted(accepts: (pair: JudgedPair) => boolean): readonly JudgedPair[] {
    return this.#pairs
      .values()
      .filter(accepts)
      .sort((left, right) => order(left.user, right.user) || order(left.definition, right.definition));
  }
}

function keyOf({ definition, user }: DependencyPair): string {
  return `${definition}\n${user}`;
}

function order(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
