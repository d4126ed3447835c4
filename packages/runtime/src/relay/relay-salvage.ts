import { toHex } from "@darksync/core/bytes";
import type { Hash } from "@darksync/core/ports";
import type { LogName } from "@darksync/core/vector";
import { decodeManifest } from "@darksync/log/manifest";
import { inExchangeOrder } from "@darksync/sync/wanted";
import { BlockSalvage } from "../store/block-salvage.js";
import type { RelayTables } from "../store/store.js";

/** A segment out of a damaged store whose bytes are what a hash there says. */
export interface SalvagedSegment {
  /** Hex. */
  readonly hash: string;
  readonly bytes: Uint8Array;
}

/** Reads what can be read of a relay's damaged store. */
export class RelaySalvage extends BlockSalvage<RelayTables> {
  /** In the order in which they are exchanged. */
  logs(): readonly LogName[] {
    return inExchangeOrder(this.look(({ blocks }) => blocks.logs()) ?? []);
  }

  /** How many segments of a log there were, as far as its manifest or its rows say. */
  segmentCount(log: LogName): number {
    const named = this.#namedSegments(log).length;
    return Math.max(named, this.look(({ segments }) => segments.list(log).length) ?? 0);
  }

  /** A segment, if its bytes are what the manifest or its row says; which of them is right, the hash tells. */
  segment(hash: Hash, log: LogName, number: number): SalvagedSegment | null {
    const bytes = this.look(({ segments }) => segments.bytes(log, number)) ?? null;
    if (bytes === null) return null;
    const found = toHex(hash(bytes));
    const noted = this.look(({ segments }) => segments.get(log, number)?.hash);
    const isRight = found === noted || found === this.#namedSegments(log)[number]?.hash;
    return isRight ? { hash: found, bytes } : null;
  }

  #namedSegments(log: LogName): readonly { readonly hash: string }[] {
    const bytes = this.look(({ manifests }) => manifests.get(log)) ?? null;
    return (bytes === null ? null : decodeManifest(bytes))?.segments ?? [];
  }
}
