import { decodeBlock, readPayload } from "@darksync/core/block";
import type { Compression } from "@darksync/core/ports";

/** The encoded changes of a stored block. */
export function changesOfBlock(compression: Compression, bytes: Uint8Array): readonly Uint8Array[] {
  const block = decodeBlock(bytes);
  const changes = block === null ? null : readPayload(compression, block);
  if (changes === null) throw new Error("what is stored is no block");
  return changes;
}
