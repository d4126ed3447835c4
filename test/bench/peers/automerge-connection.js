import { createHash } from "node:crypto";
import { once } from "node:events";
import * as Automerge from "@automerge/automerge";
import { interpretAsDocumentId } from "@automerge/automerge-repo";
import { decode, encode } from "cbor-x";
import { WebSocket } from "ws";

let number = 0;

/** The id of a room's document. */
export function documentOf(room) {
  return interpretAsDocumentId(new Uint8Array(createHash("sha256").update(room).digest().subarray(0, 16)));
}

/**
 * A connection of automerge-repo's WebSocket protocol with one document, its own copy and sync state, and without
 * the `Repo`: so nothing is throttled on this side (a `Repo` sends at most every 100 ms).
 */
export class AutomergeConnection {
  doc;
  #socket;
  #documentId;
  #peerId;
  #serverId;
  #sync = Automerge.initSyncState();
  #onDoc = () => {};

  /** `doc`: what is here already. `onDoc()` hears of every message from the server, after it was applied. */
  static async open(port, room, doc, onDoc = () => {}) {
    const connection = new AutomergeConnection();
    connection.doc = doc;
    connection.#onDoc = onDoc;
    connection.#documentId = documentOf(room);
    number += 1;
    connection.#peerId = `bench-${process.pid}-${number}`;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, {
      perMessageDeflate: false,
      maxPayload: 1 << 30,
    });
    connection.#socket = socket;
    await once(socket, "open");
    // A server that is killed ends a measurement, not the bench.
    socket.on("error", () => {});
    socket.send(
      encode({
        type: "join",
        senderId: connection.#peerId,
        peerMetadata: { isEphemeral: true },
        supportedProtocolVersions: ["1"],
      }),
    );
    connection.#serverId = await new Promise((resolve) => {
      socket.on("message", (data) => {
        const message = decode(data);
        if (message.type === "peer") resolve(message.senderId);
        else connection.#onMessage(message);
      });
    });
    connection.post();
    return connection;
  }

  /** Sends what the sync state says is to be sent now. */
  post() {
    const [sync, data] = Automerge.generateSyncMessage(this.doc, this.#sync);
    this.#sync = sync;
    if (data === null || this.#socket.readyState !== WebSocket.OPEN) return;
    const type = Automerge.getHeads(this.doc).length === 0 ? "request" : "sync";
    const message = { type, documentId: this.#documentId, senderId: this.#peerId, targetId: this.#serverId };
    this.#socket.send(encode({ ...message, data }));
  }

  /** Whether the server has said that it has all that is here. */
  get isHeldThere() {
    const theirs = this.#sync.theirHeads ?? [];
    return Automerge.getHeads(this.doc).every((head) => theirs.includes(head));
  }

  /** Whether all that the server has said it has is here. */
  get isHeldHere() {
    const theirs = this.#sync.theirHeads;
    return theirs !== undefined && theirs !== null && Automerge.hasHeads(this.doc, theirs);
  }

  close() {
    this.#socket.close();
  }

  async closed() {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }

  #onMessage(message) {
    if (message.type !== "sync" && message.type !== "request" && message.type !== "doc-unavailable") return;
    if (message.type !== "doc-unavailable") {
      [this.doc, this.#sync] = Automerge.receiveSyncMessage(
        this.doc,
        this.#sync,
        new Uint8Array(message.data),
      );
      this.post();
    }
    this.#onDoc(message.type);
  }
}
