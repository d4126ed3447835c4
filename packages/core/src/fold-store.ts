import type { ConflictSummary } from "./conflict.js";
import type { ContentHash } from "./content-hash.js";
import type { DefinitionText } from "./definition.js";
import type { OpId } from "./op-id.js";
import type { Assignment, Register, RegisterType } from "./register.js";

/** What a location shows: its picked head (O5), and the conflict of its heads if there is one. */
export interface NameView {
  readonly shown: Assignment<"name"> | null;
  readonly conflict: ConflictSummary | null;
}

/**
 * What the fold reads and writes. A map carries it as well as a database: everything is about one register at a
 * time. Writes are seen by later reads of the same store at once.
 */
export interface FoldStore {
  /** The heads of a register, empty if nothing was ever assigned. */
  heads<Type extends RegisterType>(register: Register<Type>): readonly Assignment<Type>[];
  /** Replaces the heads; all of them were added before. */
  setHeads<Type extends RegisterType>(register: Register<Type>, heads: readonly Assignment<Type>[]): void;
  /** Replaces what a location shows; called after `setHeads` of the register. */
  setNameView(location: string, view: NameView): void;
  /** An assignment of the register, head or not. */
  assignment<Type extends RegisterType>(register: Register<Type>, id: OpId): Assignment<Type> | null;
  addAssignment<Type extends RegisterType>(register: Register<Type>, assignment: Assignment<Type>): void;
  /** Remembers that an assignment which has not arrived is superseded already. */
  addAhead(register: Register, id: OpId): void;
  /** Whether that was remembered; it is forgotten with this call. */
  takeAhead(register: Register, id: OpId): boolean;
  /** Keeps a definition's text; again is no harm. */
  putText(hash: ContentHash, text: DefinitionText): void;
}
