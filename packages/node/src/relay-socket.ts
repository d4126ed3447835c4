import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { plainBytes, SocketConnection } from "./socket.js";
import { frameOf } from "./socket-frame.js";

/** Who reads so slowly that more than this waits for him is cut; what he lacks he asks for when he comes again. */
const mostBytesWaiting = 8 * 1024 * 1024;
const mostMessagesWaiting = 16_384;

/**
 * Who says nothing to so many pings is cut. A ping stands behind all that was sent before it, and who comes home after
 * a month takes a while to fold that.
 */
const mostPingsUnanswered = 4;

/** Who talks with a relay over a WebSocket. */
export interface Talker {
  onMessage(bytes: Uint8Array): void;
  onClose(): void;
}

/** Sockets that were written to in this go. */
let corked: RelaySocket[] = [];

function uncorkAll(): void {
  const sockets = corked;
  corked = [];
  for (const socket of sockets) socket.uncork();
}

/**
 * The relay's end of a WebSocket. What is said in one go is one write, since a system call costs more than all else about
 * a small message, and what goes to many is framed once: so it is written to the stream below, past the `ws` library,
 * which would frame it anew for each. Nothing else is between them: there is no compression (`perMessageDeflate`), so
 * `ws` writes its own frames at once too.
 */
export class RelaySocket extends SocketConnection {
  readonly #stream: Socket;
  #waitingCount = 0;
  #isCorked = false;
  /** Null before it is known who talks here. */
  talker: Talker | null = null;
  #bytesRead = 0;
  #silentLooks = 0;

  constructor(socket: WebSocket, stream: Socket) {
    super(socket);
    this.#stream = stream;
  }

  override send(message: Uint8Array): void {
    const stream = this.#stream;
    if (this.socket.readyState !== this.socket.OPEN) return;
    const waitingBytes = stream.writableLength;
    if (waitingBytes === 0) this.#waitingCount = 0;
    if (this.#waitingCount >= mostMessagesWaiting || waitingBytes > mostBytesWaiting) {
      this.close({ code: 1013, reason: "reads too slowly: come again" });
      return;
    }
    this.#waitingCount += 1;
    if (!this.#isCorked) this.#cork();
    for (const piece of frameOf(message)) stream.write(piece);
  }

  uncork(): void {
    this.#isCorked = false;
    this.#stream.uncork();
  }

  /** How often nothing has come since it was last looked, in a row: an answer to a ping would have. */
  countSilence(): number {
    const { bytesRead } = this.#stream;
    this.#silentLooks = bytesRead === this.#bytesRead ? this.#silentLooks + 1 : 0;
    this.#bytesRead = bytesRead;
    return this.#silentLooks;
  }

  #cork(): void {
    this.#isCorked = true;
    this.#stream.cork();
    if (corked.length === 0) process.nextTick(uncorkAll);
    corked.push(this);
  }
}

/**
 * The WebSockets that a relay serves. Thousands of them may be there and say nothing, so there are no functions and no
 * lists of each one's own.
 */
export class ServedSockets {
  readonly #sockets = new Map<WebSocket, RelaySocket>();
  #isListening = true;

  get size(): number {
    return this.#sockets.size;
  }

  all(): Iterable<WebSocket> {
    return this.#sockets.keys();
  }

  add(socket: WebSocket, stream: Socket): RelaySocket {
    const served = new RelaySocket(socket, stream);
    this.#sockets.set(socket, served);
    // What is wrong with a frame is the sender's trouble: `ws` closes the socket, nobody else notices.
    socket.on("error", terminate);
    socket.on("message", this.#onMessage);
    socket.on("close", this.#onClose);
    return served;
  }

  /** Pings all, and cuts who said nothing to the last pings. */
  ping(): void {
    for (const [socket, served] of this.#sockets) {
      if (served.countSilence() >= mostPingsUnanswered) socket.terminate();
      else socket.ping();
    }
  }

  /** What is said from now on is not heard. */
  stopListening(): void {
    this.#isListening = false;
  }

  readonly #onMessage = listener((socket, data) => {
    if (this.#isListening) this.#sockets.get(socket)?.talker?.onMessage(plainBytes(data));
  });

  readonly #onClose = listener((socket) => {
    const served = this.#sockets.get(socket);
    this.#sockets.delete(socket);
    served?.talker?.onClose();
  });
}

function terminate(this: WebSocket): void {
  this.terminate();
}

/** One function for all sockets: it is called with the socket as its `this`. */
function listener(
  listen: (socket: WebSocket, data: unknown) => void,
): (this: WebSocket, data: unknown) => void {
  return function (this: WebSocket, data) {
    listen(this, data);
  };
}
