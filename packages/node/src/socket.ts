import type { Duplex } from "node:stream";
import type { Connection } from "@darksync/runtime/transport";
import type { WebSocket } from "ws";

/** Above this many bytes in the socket's buffer its sender waits. */
const fullBufferBytes = 4 * 1024 * 1024;
const lookAgainMs = 5;
/** Who reads so slowly that more than this waits for him is cut; what he lacks he asks for when he comes again. */
const mostBytesWaiting = 8 * 1024 * 1024;
const mostMessagesWaiting = 16_384;
/** How long one that is let go may take to say goodbye. */
const goodbyeMs = 2000;

/** A connection over a WebSocket of the `ws` library. */
export function socketConnection(socket: WebSocket): Connection {
  let waiting = 0;
  const onSent = () => {
    waiting -= 1;
  };
  return {
    send: (message) => {
      if (socket.readyState !== socket.OPEN) return;
      if (waiting >= mostMessagesWaiting || socket.bufferedAmount > mostBytesWaiting) {
        goodbye(socket, 1013, "reads too slowly: come again");
        return;
      }
      waiting += 1;
      socket.send(message, onSent);
    },
    drained: async () => {
      while (socket.readyState === socket.OPEN && socket.bufferedAmount > fullBufferBytes) {
        await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
      }
    },
    close: (why) => goodbye(socket, why?.code, why?.reason),
  };
}

/**
 * The same connection, over a socket on this stream, with what is said in one go as one write: a system call costs more
 * than all else about a small message.
 */
export function corked(connection: Connection, stream: Duplex): Connection {
  let isCorked = false;
  const uncork = () => {
    isCorked = false;
    stream.uncork();
  };
  return {
    ...connection,
    send: (message) => {
      if (!isCorked) {
        isCorked = true;
        stream.cork();
        process.nextTick(uncork);
      }
      connection.send(message);
    },
  };
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
