import { toHex } from "./bytes.js";
import { encode, writeByte, writeText } from "./codec.js";
import type { DefinitionKind, DefinitionText } from "./definition.js";
import type { Hash } from "./ports.js";

/** Hex of the hash that names a definition: over its kind and its text without its name. */
export type ContentHash = string;

/** The kinds in the order of their numbers in formats. */
export const definitionKinds: readonly DefinitionKind[] = ["fn", "type", "value"];

/** The content hash of a definition. */
export function contentHash(hash: Hash, text: DefinitionText): ContentHash {
  return toHex(
    hash(
      encode((writer) => {
        writeByte(writer, definitionKinds.indexOf(text.kind));
        writeText(writer, text.head);
        writeText(writer, text.tail);
      }),
    ),
  );
}
