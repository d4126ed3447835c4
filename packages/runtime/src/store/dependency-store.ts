import type { Location } from "@darksync/core/location";
import type { OpId } from "@darksync/core/op-id";

/** A definition that changed and one whose text, written concurrently, may use it: what is judged by O4. */
export interface DependencyPair {
  readonly definition: Location;
  readonly user: Location;
}

/** A pair as it was last judged. */
export interface JudgedPair extends DependencyPair {
  /** Other locations that the verdict depends on. */
  readonly nearer: readonly Location[];
  /** Id of the record, or null if there is none as things stand. */
  readonly conflict: string | null;
  /** Whether a text was missing. */
  readonly isUndecided: boolean;
}

/** A head that stands elsewhere than where it was written: it followed a move. */
export interface FollowedHead {
  readonly location: Location;
  readonly written: Location;
  readonly id: OpId;
}

/** Pairs that are, or may come to be, `dependency` records; all others were found to be none for good. */
export interface DependencyStore {
  /** Whether it holds no pair. Cheap: each save asks. */
  isEmpty(): boolean;
  /** Adds a pair, or replaces what was said of it. */
  put(pair: JudgedPair): void;
  remove(pair: DependencyPair): void;
  /** The pairs that a location is part of, or whose verdict depends on it. */
  touching(location: Location): readonly JudgedPair[];
  undecided(): readonly JudgedPair[];
  /** The pairs that are records, in order of user and definition. */
  records(): readonly JudgedPair[];
  /** Replaces the heads that followed a move to a location. */
  setFollowed(location: Location, heads: readonly FollowedHead[]): void;
  followed(): readonly FollowedHead[];
  clear(): void;
}
