import { decodeChange } from "@darksync/core/change";
import { type ContentHash, contentHash } from "@darksync/core/content-hash";
import type { DefinitionText } from "@darksync/core/definition";
import { textOfOp } from "@darksync/core/op/text-of-op";
import { changeOf, indexOf } from "@darksync/core/op-id";
import { ChangeReader } from "../replica/change-bytes.js";
import type { ReplicaPorts } from "../replica/replica.js";
import { EvictedError } from "../store/evicted-error.js";
import type { ReplicaTables } from "../store/store.js";

/**
 * Reads texts that were evicted from the changes that brought them. Where these were evicted too it throws, so that they
 * are fetched and whoever asked begins again.
 */
export class TextsInHistory {
  readonly #ports: Pick<ReplicaPorts, "compression" | "hash">;
  readonly #tables: ReplicaTables;
  #reader: ChangeReader;
  #isLenient = false;

  constructor(ports: Pick<ReplicaPorts, "compression" | "hash">, tables: ReplicaTables) {
    this.#ports = ports;
    this.#tables = tables;
    this.#reader = new ChangeReader(tables, ports.compression);
  }

  /** Does `work`, for which what is not here counts as not held: a save must not wait for the network. */
  leniently<Value>(work: () => Value): Value {
    const before = this.#isLenient;
    this.#isLenient = true;
    try {
      return work();
    } finally {
      this.#isLenient = before;
    }
  }

  /** Null if no change that is held brought it. Throws an `EvictedError` where that was evicted. */
  read(hash: ContentHash): DefinitionText | null {
    try {
      return this.#read(hash);
    } catch (error) {
      if (this.#isLenient && error instanceof EvictedError) return null;
      throw error;
    }
  }

  #read(hash: ContentHash): DefinitionText | null {
    const text = this.#find(hash);
    if (text !== null) return text;
    // The reader keeps blocks that it has unpacked, and others may lie at their places since.
    this.#reader = new ChangeReader(this.#tables, this.#ports.compression);
    return this.#find(hash);
  }

  #find(hash: ContentHash): DefinitionText | null {
    const op = this.#tables.texts.broughtBy(hash);
    const record = op === null ? null : this.#tables.changes.get(changeOf(op));
    if (op === null || record === null) return null;
    const decoded = decodeChange(this.#reader.bytesOf(record));
    const brought = decoded.type === "change" ? decoded.change.ops[indexOf(op)] : undefined;
    const text = brought === undefined ? null : textOfOp(brought);
    return text !== null && contentHash(this.#ports.hash, text) === hash ? text : null;
  }
}
