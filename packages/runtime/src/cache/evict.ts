import type { ContentHash } from "@darksync/core/content-hash";
import type { Replica } from "../replica/replica.js";
import type { PackCursor } from "../store/text-store.js";
import { bringBack } from "./bring-back.js";
import { essentialTexts } from "./essential-texts.js";
import { evictableSegments } from "./evictable-segments.js";
import { evictableTexts } from "./evictable-texts.js";
import { isOverLimit, roomLeft } from "./limit.js";
import { readCacheSettings } from "./settings.js";

// Small enough for a save in another process to wait for no longer than it notices.
const textsAtOnce = 500;
const reclaimedAtOnceBytes = 4 * 1024 * 1024;

/** What an eviction came to. */
export interface Eviction {
  /** Texts that went. */
  readonly texts: number;
  /** Sealed parts of the history that went. */
  readonly segments: number;
  readonly freedBytes: number;
  readonly usedBytes: number;
}

/** Called between steps, so that whoever shows progress or answers others has a turn. */
export type Pause = (evicted: number) => Promise<void>;

/** After a sync: makes room if the space takes more than its limit; null if it does not. */
export async function keepWithinLimit(replica: Replica, pause: Pause): Promise<Eviction | null> {
  const { store } = replica;
  if (!store.read(isOverLimit)) return null;
  const { limitBytes } = store.read(({ meta }) => readCacheSettings(meta));
  const eviction = await evict(replica, limitBytes * (1 - roomLeft), pause);
  const isStuck = eviction.usedBytes > limitBytes;
  await store.write(({ meta }) => meta.set("cacheLeastBytes", isStuck ? String(eviction.usedBytes) : null));
  return eviction;
}

/**
 * Makes room until the space takes no more than `targetBytes`, or nothing is left that may go (S7): evicts texts,
 * which the history still has, stores the others smaller, evicts sealed parts of the history, each the least recently
 * used first, and gives the room back. It works in many small transactions.
 */
export async function evict(replica: Replica, targetBytes: number, pause: Pause): Promise<Eviction> {
  const usedBefore = usedBytesOf(replica);
  const essential = replica.store.read((tables) => essentialTexts(replica, tables));
  await bringBack(replica, essential);
  let texts = 0;
  for (let isPacked = false; ; isPacked = true) {
    const excess = usedBytesOf(replica) - targetBytes;
    if (excess <= 0) break;
    const evicted = await evictTexts(replica, essential, excess, pause);
    if (evicted === 0 && isPacked) break;
    texts += evicted;
    // What went leaves gaps between what stays.
    await packAll(replica, pause);
  }
  const segments = await evictSegments(replica, targetBytes, pause, texts);
  while (await replica.store.write(({ storage }) => storage.reclaim(reclaimedAtOnceBytes)))
    await pause(texts);
  const usedBytes = usedBytesOf(replica);
  return { texts, segments, freedBytes: Math.max(0, usedBefore - usedBytes), usedBytes };
}

function usedBytesOf({ store }: Replica): number {
  return store.read(({ storage }) => storage.usedBytes());
}

async function evictTexts(
  { store }: Replica,
  essential: ReadonlySet<ContentHash>,
  excessBytes: number,
  pause: Pause,
): Promise<number> {
  let count = 0;
  let bytesLeft = excessBytes;
  for (const evictable of evictableTexts((work) => store.read(work), essential)) {
    for (let index = 0; index < evictable.length && bytesLeft > 0; index += textsAtOnce) {
      const batch = evictable.slice(index, index + textsAtOnce);
      await store.write(({ texts }) => {
        for (const { hash, byteCount } of batch) {
          if (bytesLeft <= 0) break;
          if (!texts.evict(hash)) continue;
          count += 1;
          bytesLeft -= byteCount;
        }
      });
      await pause(count);
    }
    if (bytesLeft <= 0) break;
  }
  return count;
}

async function evictSegments(
  replica: Replica,
  targetBytes: number,
  pause: Pause,
  texts: number,
): Promise<number> {
  let count = 0;
  for (const { log, ...segment } of replica.store.read(evictableSegments)) {
    if (usedBytesOf(replica) <= targetBytes) break;
    await replica.store.write(({ segments }) => segments.put(log, segment, new Uint8Array(0)));
    count += 1;
    await pause(texts);
  }
  return count;
}

async function packAll({ store }: Replica, pause: Pause): Promise<void> {
  for (let from: PackCursor | null = null; ; ) {
    const cursor: PackCursor | null = from;
    from = await store.write(({ texts }) => texts.pack(cursor, textsAtOnce));
    if (from === null) return;
    await pause(0);
  }
}
