import type { Replica } from "../replica/replica.js";
import { essentialTexts } from "./essential-texts.js";
import { evictableSegments } from "./evictable-segments.js";
import { evictableTexts } from "./evictable-texts.js";
import { evictedBytes } from "./evicted-segments.js";
import { type CacheSettings, readCacheSettings } from "./settings.js";

/** What a space takes, and what of it may go. */
export interface CacheView extends CacheSettings {
  readonly usedBytes: number;
  readonly texts: { readonly count: number; readonly bytes: number; readonly evicted: number };
  /** Texts that are always kept. */
  readonly essential: { readonly count: number; readonly bytes: number };
  /** Changes as they were signed; `evictedBytes` of them are not here. */
  readonly history: { readonly bytes: number; readonly evictedBytes: number };
  /** What would go if the room was needed: texts, and of the history what is sealed. */
  readonly evictable: { readonly texts: number; readonly textBytes: number; readonly historyBytes: number };
}

/** Reads what a space takes. Its cost follows the number of texts. */
export function readCache(replica: Replica): CacheView {
  const { essential, historyBytes, ...view } = replica.store.read((tables) => {
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
      history: { bytes: tables.storage.historyBytes(), evictedBytes: evictedBytes(tables) },
      historyBytes: evictableSegments(tables).reduce((sum, { heldBytes }) => sum + heldBytes, 0),
    };
  });
  let [texts, textBytes] = [0, 0];
  for (const evictable of evictableTexts((work) => replica.store.read(work), essential.hashes)) {
    texts += evictable.length;
    for (const { byteCount } of evictable) textBytes += byteCount;
  }
  const kept = { count: essential.count, bytes: essential.bytes };
  return { ...view, essential: kept, evictable: { texts, textBytes, historyBytes } };
}
