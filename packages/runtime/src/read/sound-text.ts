import { type ContentHash, contentHash } from "@darksync/core/content-hash";
import type { DefinitionText } from "@darksync/core/definition";
import type { Hash } from "@darksync/core/ports";
import type { ReplicaTables } from "../store/store.js";
import { StoreError } from "../store/store.js";

/**
 * A text that is what its hash says, or null if it is not on this device. What rotted where it is stored must not be
 * shown, exported or written anew as if somebody had written it: that throws a `StoreError` (S8).
 */
export function soundText(
  { hash }: { readonly hash: Hash },
  { packages }: Pick<ReplicaTables, "packages">,
  key: ContentHash,
): DefinitionText | null {
  const text = packages.text(key);
  if (text === null || contentHash(hash, text) === key) return text;
  throw new StoreError(
    "database-corrupt",
    `the text ${key.slice(0, 12)} is damaged: it is not what its hash says`,
    "`darklang doctor --repair` brings it back",
  );
}
