const leastSlots = 1024;
const free = -1;

/**
 * A set of keys (whole numbers from 0 below 2^53) in one typed array with open addressing: a `Set` keeps each as an object
 * of its own, and a look-up in a large one waits for memory several times.
 */
export class KeySet {
  #slots = new Float64Array(leastSlots).fill(free);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(key: number): boolean {
    return this.#slots[this.#slotOf(key)] === key;
  }

  add(key: number): void {
    const slot = this.#slotOf(key);
    if (this.#slots[slot] === key) return;
    this.#slots[slot] = key;
    this.#size += 1;
    if (2 * this.#size > this.#slots.length) this.#grow();
  }

  /** Where a key is, or where it would be put. */
  #slotOf(key: number): number {
    const mask = this.#slots.length - 1;
    let slot = (key ^ (key / 2 ** 32)) & mask;
    while (this.#slots[slot] !== free && this.#slots[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Float64Array(4 * before.length).fill(free);
    for (const key of before) if (key !== free) this.#slots[this.#slotOf(key)] = key;
  }
}
