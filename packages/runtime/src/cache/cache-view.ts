import type { Replica } from "../replica/replica.js";
import { essentialTexts } from "./essential-texts.js";
import { evictableTexts } from "./evictable.js";
import { type CacheSettings, readCacheSettings } from "./settings.js";

/** What a space takes, and what of it may go. */
export interface CacheView extends CacheSettings {
  readonly usedBytes: number;
  readonly texts: { readonly count: number; readonly bytes: number; readonly evicted: number };
  /** Texts that are always kept. */
  readonly essential: { readonly count: number; readonly bytes: number };
  /** Texts that would go if the room was needed. */
  readonly evictable: { readonly count: number; readonly bytes: number };
  readonly history: { readonly bytes: number };
}

/** Reads what a space takes. Its cost follows the number of texts. */
export function readCache(replica: Replica): CacheView {
  const { essential, ...view } = replica.store.read((tables) => {
    const { heldCount, heldBytes, evictedCount } = tables.texts.sizes();
    const hashes = essentialTexts(replica, tables);
    let [count, bytes] = [0, 0];
    for (const hash of hashes) {
      const size = tables.texts.byteCount(hash);
      if (size > 0) count += 1;
      bytes += size;
    }
    return {
      ...readCacheSettings(tables.meta),
      usedBytes: tables.storage.usedBytes(),
      texts: { count: heldCount, bytes: heldBytes, evicted: evictedCount },
      essential: { hashes, count, bytes },
      history: { bytes: tables.storage.historyBytes() },
    };
  });
  let [count, bytes] = [0, 0];
  for (const evictable of evictableTexts((work) => replica.store.read(work), essential.hashes)) {
    count += evictable.length;
    for (const { byteCount } of evictable) bytes += byteCount;
  }
  const kept = { count: essential.count, bytes: essential.bytes };
  return { ...view, essential: kept, evictable: { count, bytes } };
}
