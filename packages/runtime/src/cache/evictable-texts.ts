import type { ContentHash } from "@darksync/core/content-hash";
import { changeOf, type OpId } from "@darksync/core/op-id";
import type { LogName, Vector } from "@darksync/core/vector";
import type { ReplicaTables } from "../store/store.js";
import type { KeptText, TextCursor } from "../store/text-store.js";

// Each portion looks at all texts for those that come next.
const textsAtOnce = 10_000;

/** Texts that may go, the least recently used first, in portions of one read each: a long read keeps others' rows. */
export function* evictableTexts(
  read: <Value>(work: (tables: ReplicaTables) => Value) => Value,
  essential: ReadonlySet<ContentHash>,
): Generator<readonly KeptText[]> {
  for (let after: TextCursor | null = null; ; ) {
    const cursor: TextCursor | null = after;
    const { last, evictable } = read((tables) => {
      const texts = tables.texts.leastUsed(cursor, textsAtOnce);
      const durability = new Durability(tables);
      return {
        last: texts.at(-1),
        evictable: texts.filter(({ hash, broughtBy }) => !essential.has(hash) && durability.holds(broughtBy)),
      };
    });
    if (last === undefined) return;
    yield evictable;
    after = last.cursor;
  }
}

/** Tells what the relay durably has: only that may go (S7). */
class Durability {
  readonly #tables: ReplicaTables;
  readonly #vectors = new Map<LogName, Vector>();

  constructor(tables: ReplicaTables) {
    this.#tables = tables;
  }

  holds(op: OpId): boolean {
    const origin = this.#tables.changes.origin(changeOf(op));
    if (origin === null || origin.place === null) return false;
    const { log, place } = origin;
    const durable = this.#vectors.get(log) ?? this.#tables.durable.durable(log);
    this.#vectors.set(log, durable);
    return place.seq <= (durable.get(place.stream) ?? 0);
  }
}
