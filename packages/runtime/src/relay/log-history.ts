import { toHex } from "@darksync/core/bytes";
import type { Hash } from "@darksync/core/ports";
import type { LogName } from "@darksync/core/vector";
import type { Head } from "@darksync/log/head";
import { damagedStore } from "../store/sound-blocks.js";
import type { RelayStore } from "../store/store.js";
import type { LogDigest } from "./log-digests.js";
import { earlierHead, headOf, readManifest } from "./sealed-head.js";
import { Sealer, type SealerPorts } from "./sealer.js";

/** What hears of seals. */
export interface HistoryEvents {
  /** A segment is durable, and so is the manifest that names it; `head` is the new live end of the log. */
  onSealed(log: LogName, head: Head, byteCount: number): void;
  onFailure(error: unknown): void;
}

/** What a relay has sealed of the logs of one space (L6): their heads, manifests and segments, all of them durable. */
export class LogHistory {
  readonly #hash: Hash;
  readonly #store: RelayStore;
  readonly #sealer: Sealer;
  /** As they may be told: a seal under way has read its log's head before it stores anything. */
  readonly #heads = new Map<LogName, Head>();

  constructor(ports: SealerPorts, space: string, store: RelayStore, events: HistoryEvents) {
    this.#hash = ports.hash;
    this.#store = store;
    this.#sealer = new Sealer(ports, space, store, {
      head: (log) => this.#remembered(log),
      onSealed: (log, head, { byteCount }) => {
        this.#heads.set(log, head);
        events.onSealed(log, head, byteCount);
      },
      onFailure: (error) => events.onFailure(error),
    });
  }

  /** Whether something is being sealed or waits for it. */
  get isBusy(): boolean {
    return this.#sealer.isBusy;
  }

  /** The live end of a log. */
  head(log: LogName): Head {
    const known = this.#heads.get(log);
    if (known !== undefined) return known;
    const head = headOf(this.#store.read((tables) => readManifest(tables, log)));
    // Names come from outside: what was never sealed may be no log at all.
    if (head.number > 0) this.#heads.set(log, head);
    return head;
  }

  /** The head of that number, be it the live one or an earlier one; null if the log was not sealed so often. */
  headAt(log: LogName, number: number): Head | null {
    const live = this.head(log);
    return number > live.number ? null : earlierHead(this.#store, log, live, number);
  }

  /** How often each of these logs was sealed. */
  withHeads(logs: readonly LogDigest[]): readonly (LogDigest & { readonly head: number })[] {
    return logs.map(({ log, digest }) => ({ log, digest, head: this.#remembered(log).number }));
  }

  /** The signed manifest of a log; null if nothing of it is sealed. */
  async manifest(log: LogName): Promise<Uint8Array | null> {
    const bytes = this.#store.read(({ manifests }) => manifests.get(log));
    await this.#store.durable();
    return bytes;
  }

  /** The bytes of a segment of a log, by the hex of its hash; null if there is none. */
  async segment(log: LogName, hash: string): Promise<Uint8Array | null> {
    const bytes = this.#store.read(({ segments }) => {
      const found = segments.list(log).find((segment) => segment.hash === hash);
      const stored = found === undefined ? null : segments.bytes(log, found.number);
      // A cache would keep it for ever.
      if (stored !== null && toHex(this.#hash(stored)) !== hash)
        throw damagedStore(`segment ${found?.number} of ${log} is not what its hash says`);
      return stored;
    });
    await this.#store.durable();
    return bytes;
  }

  /** Blocks were committed to a log. */
  noteCommitted(log: LogName, changes: number, bytes: number): void {
    this.#sealer.noteCommitted(log, changes, bytes);
  }

  /** Looks for logs that a relay which was stopped did not come to seal. */
  lookAtAll(): Promise<void> {
    return this.#sealer.lookAtAll();
  }

  /** Forgets what can be read again of a log that nobody uses. */
  forget(log: LogName): void {
    this.#sealer.forget(log);
    if (!this.#sealer.isBusy) this.#heads.delete(log);
  }

  /** Fulfilled when nothing is being sealed. */
  idle(): Promise<void> {
    return this.#sealer.idle();
  }

  /** Breaks off what can be begun anew. Fulfilled when the store is not used any more. */
  stop(): Promise<void> {
    return this.#sealer.stop();
  }

  #remembered(log: LogName): Head {
    const head = this.head(log);
    this.#heads.set(log, head);
    return head;
  }
}
