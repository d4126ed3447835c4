import type { StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import type { Head } from "@darksync/log/head";
import { encodeMessage, type StreamHead } from "@darksync/sync/message";
import type { PassedBlocks } from "./passed-blocks.js";

/** Someone who wants to hear of a log's new blocks. */
export interface Listener {
  wants(log: LogName): boolean;
  /** New blocks, perhaps not durable yet. Those who sent them hear of them too if others sent some as well. */
  onBlocks(blocks: PassedBlocks): void;
  /** An `ack` of what was passed on and is durable now; nobody waits for it, so it may come a little later. */
  onDurable(ack: Uint8Array): void;
  /** A log was sealed: `head` is its new live end. */
  onSealed(log: LogName, head: Head): void;
  /** Nothing can be had of the space any more. */
  onFailed(error: Error): void;
}

/** Who sent something; null: nobody who listens. */
export type Senders = ReadonlySet<Listener | null>;

/** A stream's last durable block, and the number under which it was passed on. */
interface Told {
  readonly head: StreamHead;
  readonly number: number;
}

interface Untold {
  readonly heads: Map<StreamName, Told>;
  readonly senders: Set<Listener | null>;
}

/** Those who listen in one space, and what they are to be told. */
export class Listeners {
  readonly #afterPause: (callback: () => void) => void;
  /** With the number of what was passed on last before they came. */
  readonly #listeners = new Map<Listener, number>();
  #number = 0;
  /** What became durable since the listeners were last told of that. */
  #untold = new Map<LogName, Untold>();
  /** Whether that is told with the next blocks. */
  #isDue = false;

  /** `afterPause` calls back about a tenth of a second later. */
  constructor(afterPause: (callback: () => void) => void) {
    this.#afterPause = afterPause;
  }

  get size(): number {
    return this.#listeners.size;
  }

  add(listener: Listener): void {
    this.#listeners.set(listener, this.#number);
  }

  remove(listener: Listener): void {
    this.#listeners.delete(listener);
  }

  /** Begins to pass on what was committed together; returns its number for `becameDurable`. */
  begin(): number {
    this.#number += 1;
    return this.#number;
  }

  /** Passes blocks on, and with them what is due to be told: one write for each listener, and not two. */
  passOn(blocks: PassedBlocks, senders: Senders): void {
    for (const listener of this.#hearersOf(blocks.log, senders)) listener.onBlocks(blocks);
    if (this.#isDue) this.#tell();
  }

  sealed(log: LogName, head: Head): void {
    for (const listener of this.#listeners.keys()) if (listener.wants(log)) listener.onSealed(log, head);
  }

  /** Tells all that nothing can be had of the space any more. */
  failed(error: Error): void {
    this.#untold.clear();
    for (const listener of [...this.#listeners.keys()]) listener.onFailed(error);
  }

  /**
   * Tells those who heard of these blocks a little later, in one message for all that became durable till then: with the
   * blocks that come next once a pause is over, and after a second one in any case.
   */
  becameDurable(log: LogName, number: number, sender: Listener | null, heads: readonly StreamHead[]): void {
    if (this.#untold.size === 0) this.#tellLater(this.#untold);
    const untold = this.#untold.get(log) ?? { heads: new Map(), senders: new Set() };
    this.#untold.set(log, untold);
    untold.senders.add(sender);
    for (const head of heads) untold.heads.set(head.stream, { head, number });
  }

  #tellLater(logs: ReadonlyMap<LogName, Untold>): void {
    const isUntold = () => this.#untold === logs;
    this.#afterPause(() => {
      if (!isUntold()) return;
      this.#isDue = true;
      this.#afterPause(() => {
        if (isUntold()) this.#tell();
      });
    });
  }

  #tell(): void {
    const logs = this.#untold;
    this.#untold = new Map();
    this.#isDue = false;
    for (const [log, { heads, senders }] of logs) {
      const told = [...heads.values()];
      const first = Math.min(...told.map(({ number }) => number));
      const toAll = ackOf(log, told);
      for (const listener of this.#hearersOf(log, senders)) {
        const since = this.#listeners.get(listener) ?? 0;
        // Who heard nothing of a block would ask for it.
        const heard = since < first ? told : told.filter(({ number }) => number > since);
        if (heard.length > 0) listener.onDurable(heard === told ? toAll : ackOf(log, heard));
      }
    }
  }

  /** Those who want to hear of a log, but not somebody who sent all there is to hear. */
  *#hearersOf(log: LogName, senders: Senders): Iterable<Listener> {
    for (const listener of this.#listeners.keys())
      if (listener.wants(log) && !(senders.size === 1 && senders.has(listener))) yield listener;
  }
}

function ackOf(log: LogName, told: readonly Told[]): Uint8Array {
  return encodeMessage({ type: "ack", log, heads: told.map(({ head }) => head), isAnswer: false });
}
