import type { Connection, Goodbye } from "@darksync/runtime/transport";
import type { WebSocket } from "ws";

/** Above this many bytes in the socket's buffer its sender waits. Thousands may read slowly: it is a few batches. */
const fullBufferBytes = 1024 * 1024;
const lookAgainMs = 5;
/** How long one that is let go may take to say goodbye. */
const goodbyeMs = 2000;

/** A connection over a WebSocket of the `ws` library. */
export class SocketConnection implements Connection {
  readonly socket: WebSocket;

  constructor(socket: WebSocket) {
    this.socket = socket;
  }

  send(message: Uint8Array): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(message);
  }

  async drained(): Promise<void> {
    const { socket } = this;
    while (socket.readyState === socket.OPEN && socket.bufferedAmount > fullBufferBytes) {
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
    }
  }

  close(why?: Goodbye): void {
    this.socket.close(why?.code, why?.reason);
    setTimeout(() => this.socket.terminate(), goodbyeMs).unref();
  }
}

/** A message's bytes as a plain `Uint8Array`. */
export function plainBytes(data: unknown): Uint8Array {
  if (data instanceof Buffer) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new Error("the socket must give its messages as buffers");
}
