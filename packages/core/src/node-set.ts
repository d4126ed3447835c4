import type { Node } from "./naming-graph.js";

/** The nodes of one graph, each with a number. */
export class NodeNumbers {
  readonly #nodes: readonly Node[];
  readonly #numbers: ReadonlyMap<Node, number>;

  constructor(nodes: Iterable<Node>) {
    this.#nodes = [...nodes];
    this.#numbers = new Map(this.#nodes.map((node, number) => [node, number]));
  }

  get size(): number {
    return this.#nodes.length;
  }

  /** Undefined if it is no node of the graph. */
  of(node: Node): number | undefined {
    return this.#numbers.get(node);
  }

  at(number: number): Node {
    const node = this.#nodes[number];
    if (node === undefined) throw new Error(`no node ${number}`);
    return node;
  }
}

const wordBits = 32;

/**
 * Nodes of one graph. A bit for each: thousands of heads, each with a history of thousands behind it, have to be held
 * at once.
 */
export class NodeSet implements Iterable<Node> {
  readonly #numbers: NodeNumbers;
  readonly #words: Uint32Array;

  constructor(
    numbers: NodeNumbers,
    words: Uint32Array = new Uint32Array(Math.ceil(numbers.size / wordBits)),
  ) {
    this.#numbers = numbers;
    this.#words = words;
  }

  has(node: Node): boolean {
    const number = this.#numbers.of(node);
    return number !== undefined && this.#isSet(number);
  }

  /** Adds a node; returns whether it was not there. Only whoever makes a set adds to it. */
  add(node: Node): boolean {
    const number = this.#numbers.of(node);
    if (number === undefined) throw new Error(`no node ${node} in this graph`);
    if (this.#isSet(number)) return false;
    const word = Math.floor(number / wordBits);
    this.#words[word] = (this.#words[word] ?? 0) | (1 << (number % wordBits));
    return true;
  }

  /** A new set with a node more. */
  with(node: Node): NodeSet {
    const larger = new NodeSet(this.#numbers, this.#words.slice());
    larger.add(node);
    return larger;
  }

  /** A new set of what is in this one or another. */
  union(other: NodeSet): NodeSet {
    return this.#combined(other, (left, right) => left | right);
  }

  /** A new set of what is in this one and another. */
  intersection(other: NodeSet): NodeSet {
    return this.#combined(other, (left, right) => left & right);
  }

  *[Symbol.iterator](): Generator<Node> {
    for (const [index, word] of this.#words.entries()) {
      for (let rest = word; rest !== 0; rest &= rest - 1)
        yield this.#numbers.at(index * wordBits + wordBits - 1 - Math.clz32(rest & -rest));
    }
  }

  #isSet(number: number): boolean {
    const word = this.#words[Math.floor(number / wordBits)] ?? 0;
    return (word & (1 << (number % wordBits))) !== 0;
  }

  #combined(other: NodeSet, combine: (left: number, right: number) => number): NodeSet {
    const words = this.#words.map((word, index) => combine(word, other.#words[index] ?? 0));
    return new NodeSet(this.#numbers, words);
  }
}
