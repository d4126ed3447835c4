import type { Problem } from "@darksync/core/result";
import { decodeMessage, encodeMessage, type Message } from "@darksync/sync/message";
import type { Connection, Transport } from "../transport.js";
import { notARelay } from "./sync-problems.js";

/** What a sync hears of its connection; nothing any more of one that it has given up. */
export interface ConnectionEvents {
  onOpen(): void;
  /** `bytes`: what came for it. The next one is read when this is fulfilled, or some are waiting. */
  onMessage(message: Message, bytes: number): Promise<void>;
  onClosed(problem: Problem): void;
}

/** The connection of a sync to its relay: one at a time, which speaks in messages. */
export class RelayConnection {
  readonly #transport: Transport;
  readonly #url: string;
  readonly #events: ConnectionEvents;
  #connection: Connection | null = null;
  #number = 0;

  constructor(transport: Transport, url: string, events: ConnectionEvents) {
    this.#transport = transport;
    this.#url = url;
    this.#events = events;
  }

  /** Another one after each connecting and closing: what was begun with an earlier one stops. */
  get number(): number {
    return this.#number;
  }

  connect(): void {
    this.#number += 1;
    const connection = this.#transport.connect(this.#url, {
      onOpen: () => {
        if (this.#connection === connection) this.#events.onOpen();
      },
      onMessage: (bytes) => {
        if (this.#connection !== connection) return;
        const message = decodeMessage(bytes);
        if (message !== null) return this.#events.onMessage(message, bytes.length);
        this.disconnect();
        this.#events.onClosed(notARelay);
      },
      onClose: (problem) => {
        if (this.#connection !== connection) return;
        this.#connection = null;
        this.#number += 1;
        this.#events.onClosed(problem);
      },
    });
    this.#connection = connection;
  }

  send(message: Message): void {
    this.#connection?.send(encodeMessage(message));
  }

  disconnect(): void {
    const connection = this.#connection;
    this.#connection = null;
    this.#number += 1;
    connection?.close();
  }
}
