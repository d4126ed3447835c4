import type { Connection } from "@darksync/runtime/transport";
import type { WebSocket } from "ws";

/** Above this many bytes in the socket's buffer its sender waits. */
const fullBufferBytes = 4 * 1024 * 1024;
const lookAgainMs = 5;

/** A connection over a WebSocket of the `ws` library. */
export function socketConnection(socket: WebSocket): Connection {
  return {
    send: (message) => {
      if (socket.readyState === socket.OPEN) socket.send(message);
    },
    drained: async () => {
      while (socket.readyState === socket.OPEN && socket.bufferedAmount > fullBufferBytes) {
        await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
      }
    },
    close: () => socket.close(),
  };
}

/** A message's bytes as a plain `Uint8Array`. */
export function plainBytes(data: unknown): Uint8Array {
  if (data instanceof Buffer) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new Error("the socket must give its messages as buffers");
}
