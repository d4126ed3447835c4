import type { Duplex } from "node:stream";
import type { Connection, Goodbye } from "@darksync/runtime/transport";
import type { WebSocket } from "ws";

/** Above this many bytes in the socket's buffer its sender waits. Thousands may read slowly: it is a few batches. */
const fullBufferBytes = 1024 * 1024;
const lookAgainMs = 5;
/** Who reads so slowly that more than this waits for him is cut; what he lacks he asks for when he comes again. */
const mostBytesWaiting = 8 * 1024 * 1024;
const mostMessagesWaiting = 16_384;
/** How long one that is let go may take to say goodbye. */
const goodbyeMs = 2000;

/**
 * A connection over a WebSocket of the `ws` library. With the stream below it, what is said in one go is one write: a
 * system call costs more than all else about a small message.
 */
export class SocketConnection implements Connection {
  readonly #socket: WebSocket;
  readonly #stream: Duplex | null;
  #waiting = 0;
  #isCorked = false;

  constructor(socket: WebSocket, stream: Duplex | null) {
    this.#socket = socket;
    this.#stream = stream;
  }

  send(message: Uint8Array): void {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return;
    if (this.#waiting >= mostMessagesWaiting || socket.bufferedAmount > mostBytesWaiting) {
      goodbye(socket, 1013, "reads too slowly: come again");
      return;
    }
    this.#waiting += 1;
    if (this.#stream !== null && !this.#isCorked) {
      this.#isCorked = true;
      this.#stream.cork();
      process.nextTick(uncork, this);
    }
    socket.send(message, this.#onSent);
  }

  async drained(): Promise<void> {
    const socket = this.#socket;
    while (socket.readyState === socket.OPEN && socket.bufferedAmount > fullBufferBytes) {
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
    }
  }

  close(why?: Goodbye): void {
    goodbye(this.#socket, why?.code, why?.reason);
  }

  uncork(): void {
    this.#isCorked = false;
    this.#stream?.uncork();
  }

  readonly #onSent = (): void => {
    this.#waiting -= 1;
  };
}

function uncork(connection: SocketConnection): void {
  connection.uncork();
}

function goodbye(socket: WebSocket, code?: number, reason?: string): void {
  socket.close(code, reason);
  setTimeout(() => socket.terminate(), goodbyeMs).unref();
}

/** A message's bytes as a plain `Uint8Array`. */
export function plainBytes(data: unknown): Uint8Array {
  if (data instanceof Buffer) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new Error("the socket must give its messages as buffers");
}
