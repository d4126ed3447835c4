import type { LogName } from "@darksync/core/vector";
import { clientsOf } from "@darksync/log/client-id";
import { firstHead, type Head } from "@darksync/log/head";
import { decodeStateVector, encodeStateVector, vectorOfClocks } from "@darksync/log/state-vector";
import { encodeAppends, type ParsedUpdate, parseAppends } from "@darksync/log/update";
import { batchBytes } from "@darksync/sync/message";
import {
  awarenessMessage,
  permissionDenied,
  readRoomMessage,
  syncStep1,
  syncStep2,
  syncUpdate,
} from "@darksync/sync/room-message";
import { updateBeyond } from "../replica/log-view.js";
import { soundBlocks } from "../store/sound-blocks.js";
import type { Connection } from "../transport.js";
import { UpdateRefused } from "./check-update.js";
import type { Listener } from "./listeners.js";
import type { Relay } from "./relay.js";
import type { RelaySpace } from "./relay-space.js";
import { isDamage } from "./space-damaged.js";

/** Code with which a room is closed that is not the live one any more; the reason names the next head. */
export const sealedCode: number = 4410;

/**
 * A stock Yjs provider (`y-websocket`) in the room of a log's head document: it sees live appends and may carry
 * signed blocks, but whatever else it tries is refused and leaves the document as it is (L2, L3). Once the head is
 * sealed the room shows what is in its segment and takes nothing more (L6).
 */
export class RoomConnection {
  readonly #relay: Relay;
  readonly #space: RelaySpace;
  readonly #log: LogName;
  readonly #head: Head;
  readonly #connection: Connection;
  readonly #room: Set<RoomConnection>;
  #isSealed: boolean;
  #isClosed = false;
  #isAnswering = false;
  /** The latest question that waits for its answer. */
  #question: Uint8Array | null = null;
  #admittingBytes = 0;
  readonly #listener: Listener = {
    wants: (log) => log === this.#log && !this.#isSealed,
    onBlocks: (blocks) => {
      for (const message of blocks.roomMessages(this.#head)) this.#connection.send(message);
    },
    onDurable: () => {},
    onSealed: (_, { number }) => this.#closeAsSealed(number),
    onFailed: () => this.#connection.close(),
  };

  /** `head`: the live one or an earlier one. `room`: those who are in the same room, to pass awareness on. */
  constructor(
    relay: Relay,
    space: RelaySpace,
    log: LogName,
    head: Head,
    connection: Connection,
    room: Set<RoomConnection>,
  ) {
    this.#relay = relay;
    this.#space = space;
    this.#log = log;
    this.#head = head;
    this.#isSealed = space.history.head(log).number > head.number;
    this.#connection = connection;
    this.#room = room;
    room.add(this);
    space.listen(this.#listener);
    void this.#tellHeld();
  }

  onMessage(bytes: Uint8Array): void {
    const message = readRoomMessage(bytes);
    switch (message?.type) {
      case "syncStep1":
        this.#question = message.stateVector;
        if (!this.#isAnswering) void this.#answerQuestions();
        return;
      case "update":
        if (this.#admittingBytes > maxAdmittingBytes) this.#connection.close();
        else void this.#admit(message.update);
        return;
      case "awareness":
        for (const other of this.#room)
          if (other !== this) other.#connection.send(awarenessMessage(message.update));
        return;
      case "queryAwareness":
        return;
      case undefined:
        this.#connection.send(permissionDenied("malformed-message: that was no y-protocols message"));
        this.#connection.close();
    }
  }

  onClose(): void {
    this.#isClosed = true;
    this.#room.delete(this);
    this.#space.stopListening(this.#listener);
  }

  /** Tells what is durable here, so that the provider sends what is not. */
  async #tellHeld(): Promise<void> {
    try {
      await this.#space.durable();
      const { durableVector } = this.#space.held(this.#log);
      this.#connection.send(syncStep1(encodeStateVector(this.#relay.ports.hash, this.#head, durableVector)));
    } catch (error) {
      this.#closeFor(error);
    }
  }

  /** One answer at a time: a question costs a few bytes, its answer may be the whole log. */
  async #answerQuestions(): Promise<void> {
    this.#isAnswering = true;
    try {
      for (let question = this.#question; question !== null && !this.#isClosed; question = this.#question) {
        this.#question = null;
        await this.#answer(question);
      }
    } catch (error) {
      this.#closeFor(error);
    } finally {
      this.#isAnswering = false;
    }
  }

  async #answer(stateVector: Uint8Array): Promise<void> {
    const { ports } = this.#relay;
    const { hash } = ports;
    const { store } = this.#space;
    const clocks = decodeStateVector(stateVector);
    if (clocks === null) {
      this.#connection.send(permissionDenied("malformed-message: that was no state vector"));
      return;
    }
    const head = this.#head;
    const end = this.#isSealed
      ? (this.#space.history.headAt(this.#log, head.number + 1)?.sealed ?? null)
      : null;
    let vector = vectorOfClocks(hash, head, this.#space.held(this.#log).tips.keys(), clocks);
    for (let isFirst = true; ; isFirst = false) {
      await this.#relay.readingTurns.take();
      if (this.#isClosed) return;
      const batch = store.read(({ blocks }) =>
        updateBeyond(hash, soundBlocks(ports, blocks), this.#log, vector, batchBytes, { head, end }),
      );
      if (batch === null) {
        // A provider counts as synced only after a step 2, even if there is nothing to say.
        if (isFirst) this.#connection.send(syncStep2(new Uint8Array([0, 0])));
        return;
      }
      vector = batch.reached;
      this.#connection.send(isFirst ? syncStep2(batch.update) : syncUpdate(batch.update));
      await this.#connection.drained();
    }
  }

  async #admit(update: Uint8Array): Promise<void> {
    this.#admittingBytes += update.length;
    try {
      const framed = this.#head.number === 0 && !this.#isSealed ? update : await this.#reframed(update);
      if (framed === null) return;
      const { refused, gap } = await this.#space.admit(this.#log, framed, this.#listener);
      for (const { code, reason } of refused) this.#connection.send(permissionDenied(`${code}: ${reason}`));
      if (gap) await this.#tellHeld();
    } catch (error) {
      if (error instanceof UpdateRefused) {
        this.#connection.send(permissionDenied(`${error.code}: ${error.message}`));
        return;
      }
      this.#closeFor(error);
    } finally {
      this.#admittingBytes -= update.length;
    }
  }

  /** An update of this head as one of the first head; null if it brings nothing that may be stored. */
  async #reframed(update: Uint8Array): Promise<Uint8Array | null> {
    const parsed = this.#parse(update);
    if (!parsed.ok) {
      const { code, message } = parsed.refusal;
      if (code === "gap") await this.#tellHeld();
      else this.#connection.send(permissionDenied(`${code}: ${message}`));
      return null;
    }
    if (!this.#isSealed) return encodeAppends(this.#relay.ports.hash, firstHead, parsed.runs);
    const { tips } = this.#space.held(this.#log);
    const isNew = parsed.runs.some(
      ({ stream, firstSeq, blocks }) => firstSeq + blocks.length - 1 > (tips.get(stream)?.seq ?? 0),
    );
    if (isNew) this.#closeAsSealed(this.#space.history.head(this.#log).number);
    return null;
  }

  #parse(update: Uint8Array): ParsedUpdate {
    const { hash } = this.#relay.ports;
    const { tips } = this.#space.held(this.#log);
    const clients = clientsOf(hash, this.#head.number, tips.keys());
    return parseAppends(hash, this.#head, update, (client) => {
      const stream = clients.get(client);
      return stream === undefined ? null : { stream, nextSeq: (tips.get(stream)?.seq ?? 0) + 1 };
    });
  }

  #closeFor(error: unknown): void {
    this.#connection.close();
    if (!isDamage(error)) this.#relay.onFailure(error);
  }

  /** Whoever is here goes on in the next room. */
  #closeAsSealed(next: number): void {
    this.#isSealed = true;
    this.#connection.close({ code: sealedCode, reason: `sealed, next: ${next}` });
  }
}

/** A provider that sends more than this before it is answered is let go. */
const maxAdmittingBytes = 16 * 1024 * 1024;
