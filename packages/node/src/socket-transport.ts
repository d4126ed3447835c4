import type { Problem } from "@darksync/core/result";
import type { ConnectionHandler, Transport } from "@darksync/runtime/transport";
import { maxMessageBytes } from "@darksync/sync/message";
import { WebSocket } from "ws";
import { plainBytes, SocketConnection } from "./socket.js";

const connectTimeoutMs = 8000;
/** So many bytes may have come that were not dealt with yet. */
const mostBytesWaiting = 8 * 1024 * 1024;

/** Connects to relays by WebSocket. */
export const socketTransport: Transport = {
  connect: (url, handler) => {
    // Blocks are compressed when they are made; compressing them again would cost time and gain nothing.
    const socket = new WebSocket(url, {
      perMessageDeflate: false,
      maxPayload: maxMessageBytes,
      handshakeTimeout: connectTimeoutMs,
    });
    let problem: Problem = connectionLost;
    socket.on("open", () => handler.onOpen());
    readAtHisPace(socket, handler);
    socket.on("unexpected-response", (_request, response) => {
      const status = response.statusCode ?? 0;
      problem = status >= 500 ? outOfOrder(status) : notARelay(status);
      socket.terminate();
      handler.onClose(problem);
    });
    socket.on("error", (error) => {
      problem = unreachable(error);
    });
    socket.on("close", () => handler.onClose(problem));
    const connection = new SocketConnection(socket);
    return {
      send: (message) => connection.send(message),
      drained: () => connection.drained(),
      close: () => closeSoon(socket),
    };
  },
};

/** Hands messages over, and stops reading while many of them wait to be dealt with: then the sender has to wait too. */
function readAtHisPace(socket: WebSocket, handler: ConnectionHandler): void {
  let waitingBytes = 0;
  socket.on("message", (data) => {
    const bytes = plainBytes(data);
    const taken = handler.onMessage(bytes);
    if (taken === undefined) return;
    waitingBytes += bytes.length;
    if (waitingBytes > mostBytesWaiting) socket.pause();
    void taken.then(() => {
      waitingBytes -= bytes.length;
      if (socket.isPaused && waitingBytes <= mostBytesWaiting / 2) socket.resume();
    });
  });
}

// A polite close waits for the other side; a silent one must not keep the process alive.
function closeSoon(socket: WebSocket): void {
  if (socket.readyState !== socket.OPEN) socket.terminate();
  else {
    socket.close();
    setTimeout(() => socket.terminate(), 500).unref();
  }
}

const connectionLost: Problem = {
  code: "relay-unreachable",
  message: "the connection to the relay was cut",
  hint: "Your work is safe here. Try `darklang sync` again when the network is back.",
};

function unreachable(error: Error & { readonly code?: string }): Problem {
  return {
    code: "relay-unreachable",
    message: `the relay cannot be reached (${error.code ?? error.message})`,
    hint: "Your work is safe here. Is the relay running, and is its URL right? Then `darklang sync`.",
  };
}

// A relay that is full, or what stands before it while it is away.
function outOfOrder(status: number): Problem {
  return {
    code: "relay-unreachable",
    message: `the relay cannot be reached now (HTTP ${status})`,
    hint: "Your work is safe here. Try `darklang sync` again in a while.",
  };
}

function notARelay(status: number): Problem {
  return {
    code: "not-a-relay",
    message: `what answers there is no darksync relay (HTTP ${status})`,
    hint: "Check the URL: it is what `darklang-relay` prints when it starts.",
  };
}
