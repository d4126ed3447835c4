import { hexHash } from "./bytes.js";
import { encodeFor, writeByte, writeText } from "./codec.js";
import type { DefinitionKind, DefinitionText } from "./definition.js";
import type { Hash } from "./ports.js";

/** Hex of the hash that names a definition: over its kind and its text without its name. */
export type ContentHash = string;

/** The kinds in the order of their numbers in formats. */
export const definitionKinds: readonly DefinitionKind[] = ["fn", "type", "value"];

// A save needs the hash of its text where it looks whether that is new, and again in the fold.
let last: { readonly text: DefinitionText; readonly hash: Hash; readonly contentHash: ContentHash } | null =
  null;

/** The content hash of a definition. */
export function contentHash(hash: Hash, text: DefinitionText): ContentHash {
  if (last !== null && last.hash === hash && isSame(last.text, text)) return last.contentHash;
  const contentHash = encodeFor(
    (writer) => {
      writeByte(writer, definitionKinds.indexOf(text.kind));
      writeText(writer, text.head);
      writeText(writer, text.tail);
    },
    (bytes) => hexHash(hash, bytes),
  );
  last = { text, hash, contentHash };
  return contentHash;
}

function isSame(left: DefinitionText, right: DefinitionText): boolean {
  return left.kind === right.kind && left.head === right.head && left.tail === right.tail;
}
