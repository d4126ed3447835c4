import type { DefinitionKind, DefinitionText } from "./definition.js";
import type { Location } from "./location.js";

/** One parameter of a signature, as written; `type` is null where the text gives none. */
export interface Parameter {
  readonly name: string;
  readonly type: string | null;
}

/** What users of a definition depend on. For a type, `parameters` are its type parameters and `result` is null. */
export interface Signature {
  readonly parameters: readonly Parameter[];
  readonly result: string | null;
}

/** One well-formed definition, its text starting at column 0. */
export interface ParsedDefinition {
  readonly name: string;
  readonly text: DefinitionText;
  /** The `///` lines before it, without their slashes, joined by line breaks; empty if there are none. */
  readonly doc: string;
  readonly signature: Signature;
}

/** A definition found in a file. */
export interface FoundDefinition extends ParsedDefinition {
  readonly location: Location;
  /** Line of the declaration's keyword, counted from 1. */
  readonly line: number;
}

/** Something in a file or text that was not understood; it stays in the skeleton as it was written. */
export interface LanguageProblem {
  /** Counted from 1. */
  readonly line: number;
  readonly reason: string;
}

/** A piece of a file's layout: literal text, or the place of a definition whose text is indented by `column`. */
export type SkeletonPiece = string | { readonly location: Location; readonly column: number };

/** The layout of a file: printing it with the definitions it was split into gives the file back byte for byte. */
export type Skeleton = readonly SkeletonPiece[];

/** What a file was split into. */
export interface SplitFile {
  readonly skeleton: Skeleton;
  readonly definitions: readonly FoundDefinition[];
  readonly problems: readonly LanguageProblem[];
}

/** The language of the definitions, as the core needs to know it. Pure and total: no text makes it throw. */
export interface Language {
  /** Splits a file's text; `printFile` is its inverse. */
  splitFile(text: string): SplitFile;
  /**
   * Prints a layout. A slot whose location has no definition is dropped together with the blank lines before it;
   * a `name` other than the slot's own is printed where the definition moved within its module.
   */
  printFile(
    skeleton: Skeleton,
    definitionAt: (location: Location) => { name: string; text: DefinitionText } | null,
  ): string;
  /** The layout with slots added at the end of the file for these locations, which must be of the file's module. */
  addSlots(skeleton: Skeleton, locations: readonly Location[]): Skeleton;
  /** The module that heads a layout (its own `module A.B` line, or its first nested module), or null. */
  moduleOfFile(skeleton: Skeleton): string | null;
  /** A layout for a new file that holds these locations, all of one module. */
  newFile(module: string, locations: readonly Location[]): Skeleton;
  /** Parses a text that must be exactly one definition, starting at column 0. */
  parseDefinition(text: string): ParsedDefinition | LanguageProblem;
  /** Cuts a text into its smallest meaningful pieces, white space and comments too; joined they give it back. */
  tokens(text: string): readonly string[];
  /** The dotted names a text mentions outside strings and comments, each once, in order of first appearance. */
  references(text: string): readonly string[];
  /** The locations that a dotted name may mean when written inside `module`, the nearest first. */
  candidates(name: string, module: string): readonly Location[];
  /** A quick look at texts: false only of one that mentions none of these locations, whatever module it stands in. */
  mentionFilter(locations: Iterable<Location>): (text: string) => boolean;
  /** Whether users of a definition find the same in both texts: kind and signature; of a type all its code. */
  sameInterface(name: string, left: DefinitionText, right: DefinitionText): boolean;
  /** Names a kind in the words of the language, for messages. */
  keywordOf(kind: DefinitionKind): string;
}
