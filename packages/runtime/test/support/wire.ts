import type { Problem } from "@darksync/core/result";
import { ClientConnection } from "../../src/relay/client-connection.js";
import type { Relay } from "../../src/relay/relay.js";
import type { ConnectionHandler, Timers, Transport } from "../../src/transport.js";

const cut: Problem = { code: "relay-unreachable", message: "the wire was cut", hint: "Try again." };

/** Messages between replicas and one relay, in memory. They arrive later and in order, unless the wire is cut. */
export class Wire {
  relay: Relay;
  /** How many messages still pass before the wire is cut; null: all. Whoever connects afterwards gets through. */
  cutAfter: number | null = null;
  /** Messages that passed, from clients and from the relay. */
  readonly passed: { readonly from: "client" | "relay"; readonly bytes: Uint8Array }[] = [];

  constructor(relay: Relay) {
    this.relay = relay;
  }

  /** A transport for one replica. Its messages are not delivered at once, so that others may come between. */
  readonly transport: Transport = {
    connect: (_url, handler) => {
      const link = new Link(this, handler);
      setImmediate(() => link.open());
      return { send: (bytes) => link.toRelay(bytes), drained: async () => {}, close: () => link.close() };
    },
  };

  /** Whether one more message passes. */
  takes(): boolean {
    if (this.cutAfter === null) return true;
    if (this.cutAfter === 0) {
      this.cutAfter = null;
      return false;
    }
    this.cutAfter -= 1;
    return true;
  }
}

class Link {
  readonly #wire: Wire;
  readonly #handler: ConnectionHandler;
  readonly #server: ClientConnection;
  #isOpen = true;

  constructor(wire: Wire, handler: ConnectionHandler) {
    this.#wire = wire;
    this.#handler = handler;
    const connection = {
      send: (bytes: Uint8Array) => this.#deliver("relay", bytes, () => handler.onMessage(bytes)),
      drained: async () => {},
      close: () => setImmediate(() => this.#end()),
    };
    this.#server = new ClientConnection(wire.relay, connection, null);
  }

  open(): void {
    if (this.#isOpen) this.#handler.onOpen();
  }

  toRelay(bytes: Uint8Array): void {
    this.#deliver("client", bytes, () => this.#server.onMessage(bytes));
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#server.onClose();
  }

  #deliver(from: "client" | "relay", bytes: Uint8Array, deliver: () => void): void {
    setImmediate(() => {
      if (!this.#isOpen) return;
      if (!this.#wire.takes()) return this.#end();
      this.#wire.passed.push({ from, bytes });
      deliver();
    });
  }

  #end(): void {
    if (!this.#isOpen) return;
    this.close();
    this.#handler.onClose(cut);
  }
}

/** Timers that never ring: tests of the heartbeat step the machine themselves. */
export const noTimers: Timers = { after: () => () => {}, every: () => () => {} };
