import type { ConflictSummary } from "./conflict.js";
import type { ContentHash } from "./content-hash.js";
import type { DefinitionText } from "./definition.js";
import type { Location } from "./location.js";
import type { OpId } from "./op-id.js";
import type { Assignment, Register, RegisterType } from "./register.js";

/** What a location shows, and the conflict it is in, if any (O5). */
export interface NameView {
  /** A head of the location; or, where it is merged, a naming as if someone had written it, in place of several. */
  readonly shown: Assignment<"name"> | null;
  /** Whether it shows what no head of its own says: several merged, or one that followed a move. */
  readonly isMerged: boolean;
  readonly conflict: ConflictSummary | null;
  /** Whether moves tie it to a location with several heads, so that it is not judged by itself. */
  readonly isLinked: boolean;
}

/**
 * What the fold reads and writes. A map carries it as well as a database: everything is about one register at a
 * time. Writes are seen by later reads of the same store at once.
 */
export interface FoldStore {
  /** The heads of a register, empty if nothing was ever assigned. */
  heads<Type extends RegisterType>(register: Register<Type>): readonly Assignment<Type>[];
  /** Replaces the heads; all of them were added before. A single head of a name is shown, and nothing links it. */
  setHeads<Type extends RegisterType>(register: Register<Type>, heads: readonly Assignment<Type>[]): void;
  /** Replaces what a location shows; called after `setHeads` of the register, or of one that is linked with it. */
  setNameView(location: Location, view: NameView): void;
  /** What the last `setNameView` said; false if there was none since `setHeads`. */
  isLinked(location: Location): boolean;
  /** An assignment of the register, head or not. */
  assignment<Type extends RegisterType>(register: Register<Type>, id: OpId): Assignment<Type> | null;
  addAssignment<Type extends RegisterType>(register: Register<Type>, assignment: Assignment<Type>): void;
  /** Remembers that an assignment which has not arrived is superseded already. */
  addAhead(register: Register, id: OpId): void;
  /** Whether that was remembered; it is forgotten with this call. */
  takeAhead(register: Register, id: OpId): boolean;
  /** Keeps a definition's text; again is no harm. `broughtBy`: the op that has it; null: it was made by merging. */
  putText(hash: ContentHash, text: DefinitionText, broughtBy: OpId | null): void;
  /** Knows of a text without keeping it: it is read where its op brought it. One that is kept stays. */
  noteText(hash: ContentHash, broughtBy: OpId): void;
  /** Null if it is not held. */
  text(hash: ContentHash): DefinitionText | null;
  /** Remembers that a location is to be judged again when a text arrives. */
  awaitText(hash: ContentHash, location: Location): void;
  /** The locations that wait for a text; they are forgotten with this call. */
  takeAwaiting(hash: ContentHash): readonly Location[];
}
