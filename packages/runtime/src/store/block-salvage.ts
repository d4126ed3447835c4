import type { StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import { inExchangeOrder } from "@darksync/sync/wanted";
import type { BlockStore, StoredBlock } from "./block-store.js";
import type { Store } from "./store.js";

/** A stream of a damaged store, as far as its rows say. */
export interface SalvagedStream {
  readonly log: LogName;
  readonly stream: StreamName;
  readonly tip: number;
}

/**
 * Reads what can be read of a damaged store. Every look stands alone: one that fails is counted, and keeps no other from
 * being taken. Nothing that is read is believed: blocks are admitted as if they had come from a stranger.
 */
export class BlockSalvage<Tables extends { readonly blocks: BlockStore }> {
  /** How many looks failed. */
  failures = 0;
  readonly #store: Pick<Store<Tables>, "read">;

  constructor(store: Pick<Store<Tables>, "read">) {
    this.#store = store;
  }

  /** In the order in which logs are exchanged. */
  streams(): readonly SalvagedStream[] {
    const logs = this.look(({ blocks }) => blocks.logs()) ?? [];
    return inExchangeOrder(logs).flatMap((log) => {
      const tips = this.look(({ blocks }) => blocks.tips(log)) ?? new Map();
      return [...tips].map(([stream, { seq }]): SalvagedStream => ({ log, stream, tip: seq }));
    });
  }

  /** Blocks from `firstSeq` on, in order and without a gap, of about `maxBytes`; empty where the first cannot be read. */
  blocks({ log, stream }: SalvagedStream, firstSeq: number, maxBytes: number): readonly StoredBlock[] {
    const some = this.look(({ blocks }) => blocks.read(log, stream, firstSeq, maxBytes), false);
    // Where one of them cannot be read, those before it can.
    const read = some ?? this.look(({ blocks }) => blocks.read(log, stream, firstSeq, 1)) ?? [];
    const gap = read.findIndex(({ seq }, index) => seq !== firstSeq + index);
    return gap < 0 ? read : read.slice(0, gap);
  }

  /** Undefined where it failed. In what is damaged, anything may be thrown. */
  protected look<Value>(look: (tables: Tables) => Value, isCounted = true): Value | undefined {
    try {
      return this.#store.read(look);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (isCounted) this.failures += 1;
      return undefined;
    }
  }
}
