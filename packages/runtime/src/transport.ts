import type { Problem, Result } from "@darksync/core/result";
import type { LogName } from "@darksync/core/vector";

/** One open connection that carries messages whole and in order. */
export interface Connection {
  send(message: Uint8Array): void;
  /** Fulfilled when what was sent has mostly left; a slow reader makes its sender wait. */
  drained(): Promise<void>;
  /** `why` is told to the other side where the transport has words for it. */
  close(why?: Goodbye): void;
}

/** Why a connection is closed, as a WebSocket tells it. */
export interface Goodbye {
  readonly code: number;
  readonly reason: string;
}

/** What a connection calls; after `onClose` it calls nothing more. */
export interface ConnectionHandler {
  onOpen(): void;
  /** A promise is fulfilled when the message was dealt with; while much waits, a transport reads no further. */
  onMessage(message: Uint8Array): void | Promise<void>;
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

/** Fetches what a relay has sealed (L6). What comes is not trusted: whoever asks checks hashes and signatures. */
export interface SegmentSource {
  /** The bytes of a log's manifest, or null if nothing of the log is sealed. `url` as in `Transport.connect`. */
  manifest(url: string, space: string, log: LogName): Promise<Result<Uint8Array | null>>;
  /**
   * The bytes of a segment after the first `offset`, named by the hex of its hash. They may end early where the
   * connection was cut: whoever wants the rest asks again from there.
   */
  segment(
    url: string,
    space: string,
    log: LogName,
    hash: string,
    offset: number,
  ): Promise<Result<Uint8Array>>;
}
