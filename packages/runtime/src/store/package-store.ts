import type { ConflictSummary } from "@darksync/core/conflict";
import type { ContentHash } from "@darksync/core/content-hash";
import type { FoldStore } from "@darksync/core/fold-store";
import type { Location } from "@darksync/core/location";
import type { Assignment, RegisterType } from "@darksync/core/register";

/** A location and what it shows. */
export interface NameRow {
  readonly location: Location;
  /** The picked head; null for a location nothing was ever assigned to. Its value may be `nothing`. */
  readonly shown: Assignment<"name"> | null;
  /** Whether `shown` is no head of its own, but what heads come to together. Then it supersedes these. */
  readonly isMerged: boolean;
  readonly conflict: ConflictSummary | null;
}

/** What the fold made, to read. */
export interface PackageStore extends FoldStore {
  /** Whose view it is: `main`, or the id of a branch. */
  readonly branch: string;
  nameRow(location: Location): NameRow | null;
  /**
   * The locations that hold a definition or a conflict and that equal `prefix` or begin with `prefix.` (all, if it
   * is empty), in order of code units, after the location `after` if given.
   */
  names(prefix: string, limit: number, after?: Location): readonly NameRow[];
  conflicts(): readonly NameRow[];
  /** One that is at several places counts once. */
  countConflicts(): number;
  /** Locations whose name or shown text holds `text`, letter case aside (ASCII), in order; at most `limit`. */
  search(text: string, limit: number): readonly Location[];
  /** The registers of a type whose keys begin with `keyPrefix` (all, if it is left out), in order of their keys. */
  registers<Type extends RegisterType>(
    type: Type,
    keyPrefix?: string,
  ): readonly { readonly key: string; readonly heads: readonly Assignment<Type>[] }[];
  /** The texts that locations wait for. */
  awaitedTexts(): readonly ContentHash[];
  /** Forgets all that the fold made, before everything is folded anew. */
  clear(): void;
}
