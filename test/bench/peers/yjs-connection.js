import { once } from "node:events";
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { WebSocket } from "ws";

const messageSync = 0;
const messageAuth = 2;
const messageSyncReply = 4;
const messageSyncStatus = 8;
const step1 = 0;
const step2 = 1;
const update = 2;

/**
 * How the two servers speak y-protocols: y-websocket has a room's name in the URL, Hocuspocus before every message, wants
 * a token first, and answers each update with a status.
 */
export const dialects = {
  "y-websocket": { isNamed: false, hasStatus: false },
  hocuspocus: { isNamed: true, hasStatus: true },
};

/**
 * A connection to a room, without a document. `handlers`: `onQuestion(stateVector, connection)`,
 * `onUpdate(bytes, isAnswer, connection)` and `onStatus()`, the last with Hocuspocus only.
 */
export class YjsConnection {
  #socket;
  #room;
  #dialect;

  static async open(dialectName, port, room, handlers) {
    const connection = new YjsConnection();
    const dialect = dialects[dialectName];
    connection.#dialect = dialect;
    connection.#room = room;
    connection.#socket = new WebSocket(`ws://127.0.0.1:${port}/${dialect.isNamed ? "" : room}`, {
      perMessageDeflate: false,
      maxPayload: 1 << 30,
    });
    connection.#socket.binaryType = "nodebuffer";
    connection.#socket.on("message", (data) => connection.#onMessage(data, handlers));
    await once(connection.#socket, "open");
    // A server that is killed ends a measurement, not the bench.
    connection.#socket.on("error", () => {});
    if (dialect.isNamed) {
      connection.#send(messageAuth, (encoder) => {
        encoding.writeVarUint(encoder, 0);
        encoding.writeVarString(encoder, "token");
      });
    }
    return connection;
  }

  /** Asks for what a state vector lacks. */
  ask(stateVector) {
    this.#sync(step1, stateVector);
  }

  /** Answers a question of the server. */
  answer(bytes) {
    this.#sync(step2, bytes);
  }

  update(bytes) {
    this.#sync(update, bytes);
  }

  close() {
    this.#socket.close();
  }

  /** Fulfilled when the connection is closed. */
  async closed() {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }

  #sync(kind, bytes) {
    this.#send(messageSync, (encoder) => {
      encoding.writeVarUint(encoder, kind);
      encoding.writeVarUint8Array(encoder, bytes);
    });
  }

  #send(type, write) {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const encoder = encoding.createEncoder();
    if (this.#dialect.isNamed) encoding.writeVarString(encoder, this.#room);
    encoding.writeVarUint(encoder, type);
    write(encoder);
    this.#socket.send(encoding.toUint8Array(encoder));
  }

  #onMessage(data, { onQuestion, onUpdate, onStatus }) {
    const decoder = decoding.createDecoder(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    if (this.#dialect.isNamed) decoding.readVarString(decoder);
    const type = decoding.readVarUint(decoder);
    if (type === messageSyncStatus) onStatus?.();
    if (type !== messageSync && type !== messageSyncReply) return;
    const kind = decoding.readVarUint(decoder);
    const bytes = decoding.readVarUint8Array(decoder);
    if (kind === step1) onQuestion?.(bytes, this);
    else onUpdate?.(bytes, kind === step2, this);
  }
}

/** How many ops an update brings: in this bench each is one struct, and one update has one author. */
export function opsIn(bytes) {
  const decoder = decoding.createDecoder(bytes);
  return decoding.readVarUint(decoder) === 0 ? 0 : decoding.readVarUint(decoder);
}
