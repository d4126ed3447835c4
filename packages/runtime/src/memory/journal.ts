/** What takes part in transactions. */
interface Member {
  /** Keeps a copy of what it holds; the function that it returns puts that back. */
  checkpoint(): () => void;
}

/** What a transaction did, so that it can be undone. */
export class Journal {
  #undos: (() => void)[] | null = null;
  #isReading = false;
  readonly #members: Member[] = [];

  get isInTransaction(): boolean {
    return this.#undos !== null || this.#isReading;
  }

  join(member: Member): void {
    this.#members.push(member);
  }

  /** Keeps a copy of all that its members hold; the function that it returns puts it back, as often as it is called. */
  checkpoint(): () => void {
    const restores = this.#members.map((member) => member.checkpoint());
    return () => {
      for (const restore of restores) restore();
    };
  }

  /** Remembers how to undo a step; outside of a write it throws. */
  note(undo: () => void): void {
    if (this.#undos === null) throw new Error("a write outside of a write transaction");
    this.#undos.push(undo);
  }

  /** Runs `work`; if it throws, undoes what it did. */
  write<Value>(work: () => Value): Value {
    const undos: (() => void)[] = [];
    this.#undos = undos;
    try {
      return work();
    } catch (error) {
      for (const undo of undos.reverse()) undo();
      throw error;
    } finally {
      this.#undos = null;
    }
  }

  /** Runs `work`, which must not write unless this is within a write. */
  read<Value>(work: () => Value): Value {
    if (this.isInTransaction) return work();
    this.#isReading = true;
    try {
      return work();
    } finally {
      this.#isReading = false;
    }
  }
}

/** A map that takes part in transactions. Its values must not be changed in place. Its order means nothing. */
export class JournaledMap<Key, Value> implements Member {
  readonly #journal: Journal;
  #map = new Map<Key, Value>();

  constructor(journal: Journal) {
    this.#journal = journal;
    journal.join(this);
  }

  checkpoint(): () => void {
    const copy = new Map(this.#map);
    return () => {
      this.#map = new Map(copy);
    };
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key);
  }

  has(key: Key): boolean {
    return this.#map.has(key);
  }

  keys(): readonly Key[] {
    return [...this.#map.keys()];
  }

  values(): readonly Value[] {
    return [...this.#map.values()];
  }

  get size(): number {
    return this.#map.size;
  }

  set(key: Key, value: Value): void {
    const former = this.#map.get(key);
    this.#journal.note(former === undefined ? () => this.#map.delete(key) : () => this.#map.set(key, former));
    this.#map.set(key, value);
  }

  delete(key: Key): boolean {
    const former = this.#map.get(key);
    if (former === undefined) return false;
    this.#journal.note(() => this.#map.set(key, former));
    return this.#map.delete(key);
  }

  clear(): void {
    for (const key of this.keys()) this.delete(key);
  }
}
