import type { Problem } from "@darksync/core/result";

/** One open connection that carries messages whole and in order. */
export interface Connection {
  send(message: Uint8Array): void;
  /** Fulfilled when what was sent has mostly left; a slow reader makes its sender wait. */
  drained(): Promise<void>;
  close(): void;
}

/** What a connection calls; after `onClose` it calls nothing more. */
export interface ConnectionHandler {
  onOpen(): void;
  onMessage(message: Uint8Array): void;
  onClose(problem: Problem): void;
}

/** Opens connections to relays. */
export interface Transport {
  /** Never throws: what goes wrong arrives at `onClose`. */
  connect(url: string, handler: ConnectionHandler): Connection;
}

/** Calls back later. */
export interface Timers {
  /** Calls once after `delayMs`; returns how to call it off. */
  after(delayMs: number, callback: () => void): () => void;
  /** Calls every `intervalMs`; returns how to stop it. */
  every(intervalMs: number, callback: () => void): () => void;
}
