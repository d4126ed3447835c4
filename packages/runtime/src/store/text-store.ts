import type { ContentHash } from "@darksync/core/content-hash";
import type { DefinitionText } from "@darksync/core/definition";
import type { OpId } from "@darksync/core/op-id";

/** A text that is held and that can be read again where a change brought it. */
export interface KeptText {
  readonly hash: ContentHash;
  readonly broughtBy: OpId;
  readonly byteCount: number;
  /** Where the listing goes on after it. */
  readonly cursor: TextCursor;
}

/** A place in the order of use: the day that a text was last used on, and a number that tells which came first. */
export type TextCursor = readonly [day: number, number: number];

/** A place among all texts, and the last of those that were there when packing began. */
export type PackCursor = readonly [after: number, last: number];

export interface TextSizes {
  readonly heldCount: number;
  readonly heldBytes: number;
  readonly evictedCount: number;
}

/** Which texts of definitions are held, beside what `PackageStore` reads of them (S7). */
export interface TextStore {
  /** How `PackageStore.text` comes to a text that was evicted. It finds none as long as nobody has said. */
  readEvictedWith(read: (hash: ContentHash) => DefinitionText | null): void;
  /** Whether any text was evicted. Cheap: every save asks. */
  hasEvicted(): boolean;
  isEvicted(hash: ContentHash): boolean;
  /** The op that brought a text, held or evicted; null if it is not known or was made by merging. */
  broughtBy(hash: ContentHash): OpId | null;
  /** Drops a text, but not what is known of it; one that no op brought stays. Returns whether it went. */
  evict(hash: ContentHash): boolean;
  /** Texts that may be evicted, the least recently used first: of one day those whose changes came first. */
  leastUsed(after: TextCursor | null, limit: number): readonly KeptText[];
  /** Notes the day (counted from 1970) that texts were used on; one that was never noted counts as 0. */
  markUsed(hashes: Iterable<ContentHash>, day: number): void;
  sizes(): TextSizes;
  /** How many bytes a held text takes; 0 if it is not held. */
  byteCount(hash: ContentHash): number;
  /**
   * Stores texts closer together, and smaller where that pays: of all texts `limit` at a time, from the first on if
   * `from` is null. Returns where to go on, or null at the end.
   */
  pack(from: PackCursor | null, limit: number): PackCursor | null;
}

/** The room that everything takes. */
export interface StorageStore {
  /** Bytes in use, free ones not counted. */
  usedBytes(): number;
  /** Bytes that the history of changes takes. */
  historyBytes(): number;
  /** Gives free room back, about `maxBytes` of it. Returns whether there is more. */
  reclaim(maxBytes: number): boolean;
}
