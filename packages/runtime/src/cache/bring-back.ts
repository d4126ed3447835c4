import type { ContentHash } from "@darksync/core/content-hash";
import type { Location } from "@darksync/core/location";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";

const textsAtOnce = 500;

/** Holds evicted texts again, as far as the history that brought them is here. */
export async function bringBack(
  { store, evictedTexts }: Replica,
  hashes: Iterable<ContentHash>,
): Promise<void> {
  const evicted = store.read(({ texts }) =>
    texts.hasEvicted() ? [...hashes].filter((hash) => texts.isEvicted(hash)) : [],
  );
  for (let index = 0; index < evicted.length; index += textsAtOnce) {
    const batch = evicted.slice(index, index + textsAtOnce);
    await store.write((tables) =>
      evictedTexts.leniently(() => {
        for (const hash of batch) bringBackOne(tables, hash);
      }),
    );
  }
}

/**
 * Holds again what locations show, after a fold: who goes back to an old version names its text without bringing it.
 * What is not here is waited for.
 */
export function bringBackShown(tables: ReplicaTables, locations: Iterable<Location>): void {
  const { packages, texts } = tables;
  if (!texts.hasEvicted()) return;
  for (const location of locations) {
    for (const { value } of packages.heads({ type: "name", key: location }))
      if (value.type === "definition" && !bringBackOne(tables, value.hash))
        packages.awaitText(value.hash, location);
  }
}

/** Holds a text again if it was evicted; false if it cannot be read. */
export function bringBackOne({ packages, texts }: ReplicaTables, hash: ContentHash): boolean {
  if (!texts.isEvicted(hash)) return true;
  const text = packages.text(hash);
  if (text !== null) packages.putText(hash, text, texts.broughtBy(hash));
  return text !== null;
}
