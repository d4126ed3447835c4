/** What a location can hold. */
export type DefinitionKind = "fn" | "type" | "value";

/**
 * The text of a definition with its own name left out, so that a rename keeps its content hash.
 * The full text is `head + name + tail`; it starts at column 0 with its `///` lines, and its last line has
 * no line break. Example: head `let `, name `add`, tail ` (a: Int64) (b: Int64) : Int64 =\n  a + b`.
 */
export interface DefinitionText {
  readonly kind: DefinitionKind;
  readonly head: string;
  readonly tail: string;
}

/** The full text of a definition under the given name (the last segment of a location). */
export function renderDefinition(text: DefinitionText, name: string): string {
  return text.head + name + text.tail;
}

/** Largest definition that is accepted, in UTF-8 bytes of its text. */
export const maxDefinitionBytes: number = 512 * 1024;
