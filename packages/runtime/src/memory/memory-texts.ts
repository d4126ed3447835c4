import type { ContentHash } from "@darksync/core/content-hash";
import type { DefinitionText } from "@darksync/core/definition";
import type { OpId } from "@darksync/core/op-id";
import { utf8Length } from "../edit/utf8-length.js";
import type { KeptText, TextCursor, TextSizes, TextStore } from "../store/text-store.js";
import { type Journal, JournaledMap } from "./journal.js";

interface TextState {
  /** Null where it was evicted. */
  readonly text: DefinitionText | null;
  readonly broughtBy: OpId | null;
  readonly usedDay: number;
}

/** The texts of definitions, in memory. */
export class MemoryTexts implements TextStore {
  readonly #texts: JournaledMap<ContentHash, TextState>;
  readonly #arrivalOf: (op: OpId) => number;
  #readEvicted: (hash: ContentHash) => DefinitionText | null = () => null;

  /** `arrivalOf`: a number that grows in the order in which ops came. */
  constructor(journal: Journal, arrivalOf: (op: OpId) => number) {
    this.#texts = new JournaledMap(journal);
    this.#arrivalOf = arrivalOf;
  }

  put(hash: ContentHash, text: DefinitionText, broughtBy: OpId | null): void {
    const state = this.#texts.get(hash);
    if (state !== undefined) {
      if (state.text === null) this.#texts.set(hash, { ...state, text, usedDay: 0 });
      return;
    }
    this.#texts.set(hash, { text, broughtBy, usedDay: 0 });
  }

  note(hash: ContentHash, broughtBy: OpId): void {
    if (this.#texts.get(hash) === undefined) this.#texts.set(hash, { text: null, broughtBy, usedDay: 0 });
  }

  get(hash: ContentHash): DefinitionText | null {
    const state = this.#texts.get(hash);
    if (state === undefined) return null;
    return state.text ?? this.#readEvicted(hash);
  }

  clear(): void {
    this.#texts.clear();
  }

  readEvictedWith(read: (hash: ContentHash) => DefinitionText | null): void {
    this.#readEvicted = read;
  }

  hasEvicted(): boolean {
    return this.#texts.values().some(({ text }) => text === null);
  }

  isEvicted(hash: ContentHash): boolean {
    return this.#texts.get(hash)?.text === null;
  }

  broughtBy(hash: ContentHash): OpId | null {
    return this.#texts.get(hash)?.broughtBy ?? null;
  }

  evict(hash: ContentHash): boolean {
    const state = this.#texts.get(hash);
    if (state === undefined || state.text === null || state.broughtBy === null) return false;
    this.#texts.set(hash, { ...state, text: null });
    return true;
  }

  leastUsed(after: TextCursor | null, limit: number): readonly KeptText[] {
    const found: KeptText[] = [];
    for (const hash of this.#texts.keys()) {
      const state = this.#texts.get(hash);
      if (state === undefined || state.text === null || state.broughtBy === null) continue;
      const { broughtBy, usedDay } = state;
      const cursor: TextCursor = [usedDay, this.#arrivalOf(broughtBy)];
      if (after !== null && !isBefore(after, cursor)) continue;
      found.push({ hash, broughtBy, byteCount: this.byteCount(hash), cursor });
    }
    return found.sort((left, right) => (isBefore(left.cursor, right.cursor) ? -1 : 1)).slice(0, limit);
  }

  markUsed(hashes: Iterable<ContentHash>, day: number): void {
    for (const hash of hashes) {
      const state = this.#texts.get(hash);
      if (state !== undefined && state.usedDay < day) this.#texts.set(hash, { ...state, usedDay: day });
    }
  }

  sizes(): TextSizes {
    let [heldCount, heldBytes, evictedCount] = [0, 0, 0];
    for (const hash of this.#texts.keys()) {
      if (this.isEvicted(hash)) evictedCount += 1;
      else heldCount += 1;
      heldBytes += this.byteCount(hash);
    }
    return { heldCount, heldBytes, evictedCount };
  }

  byteCount(hash: ContentHash): number {
    const text = this.#texts.get(hash)?.text ?? null;
    return text === null ? 0 : utf8Length(text.head) + utf8Length(text.tail);
  }

  /** Memory has nothing to gain. */
  pack(): null {
    return null;
  }
}

function isBefore([day, number]: TextCursor, [otherDay, otherNumber]: TextCursor): boolean {
  return day < otherDay || (day === otherDay && number < otherNumber);
}
