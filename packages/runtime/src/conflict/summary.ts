import { moduleOf } from "@darksync/core/location";
import type { DetailedConflict } from "./details.js";

/** So many of something. */
export interface Count {
  readonly name: string;
  readonly count: number;
}

/** Many conflicts at one look. */
export interface ConflictSummary {
  readonly total: number;
  /** By module, most first. */
  readonly modules: readonly Count[];
  /** By who else wrote a head of them, most first. */
  readonly authors: readonly Count[];
  readonly kinds: readonly Count[];
  /** The conflicts in order of how many definitions depend on them, most first. */
  readonly ranked: readonly DetailedConflict[];
}

/** Groups and ranks conflicts. */
export function summarize(conflicts: readonly DetailedConflict[]): ConflictSummary {
  return {
    total: conflicts.length,
    modules: counted(conflicts.map(({ conflict }) => moduleOf(conflict.location))),
    authors: counted(
      conflicts.flatMap(({ heads }) => [
        ...new Set(heads.filter(({ isMine }) => !isMine).map(({ author }) => author)),
      ]),
    ),
    kinds: counted(conflicts.map(({ conflict }) => conflict.kind)),
    ranked: rank(conflicts),
  };
}

/** Most depended on first; else in the order given. */
export function rank(conflicts: readonly DetailedConflict[]): readonly DetailedConflict[] {
  return [...conflicts].sort((left, right) => right.dependents.length - left.dependents.length);
}

function counted(names: readonly string[]): readonly Count[] {
  return [...Map.groupBy(names, (name) => name)]
    .map(([name, { length }]) => ({ name, count: length }))
    .sort((left, right) => right.count - left.count || (left.name < right.name ? -1 : 1));
}
