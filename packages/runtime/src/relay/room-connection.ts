import type { LogName } from "@darksync/core/vector";
import { firstHead } from "@darksync/log/head";
import { decodeStateVector } from "@darksync/log/state-vector";
import { batchBytes } from "@darksync/sync/message";
import {
  awarenessMessage,
  permissionDenied,
  readRoomMessage,
  syncStep1,
  syncStep2,
  syncUpdate,
} from "@darksync/sync/room-message";
import { stateVectorOf, updateBeyond } from "../replica/log-view.js";
import type { Connection } from "../transport.js";
import { UpdateRefused } from "./check-update.js";
import type { Relay } from "./relay.js";
import type { Listener, RelaySpace } from "./relay-space.js";

/**
 * A stock Yjs provider (`y-websocket`) in the room of a log's head document: it sees live appends and may carry
 * signed blocks, but whatever else it tries is refused and leaves the document as it is (L2, L3).
 */
export class RoomConnection {
  readonly #relay: Relay;
  readonly #space: RelaySpace;
  readonly #log: LogName;
  readonly #connection: Connection;
  readonly #room: Set<RoomConnection>;
  readonly #stopListening: () => void;
  #isClosed = false;
  #isAnswering = false;
  /** The latest question that waits for its answer. */
  #question: Uint8Array | null = null;
  #admittingBytes = 0;
  readonly #listener: Listener = {
    wants: (log) => log === this.#log,
    onBlocks: (blocks) => {
      for (const message of blocks.roomMessages(firstHead)) this.#connection.send(message);
    },
    onDurable: () => {},
  };

  /** `room`: those who are in the same room, to pass awareness on. */
  constructor(
    relay: Relay,
    space: RelaySpace,
    log: LogName,
    connection: Connection,
    room: Set<RoomConnection>,
  ) {
    this.#relay = relay;
    this.#space = space;
    this.#log = log;
    this.#connection = connection;
    this.#room = room;
    room.add(this);
    this.#stopListening = space.listen(this.#listener);
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
    this.#stopListening();
  }

  /** Tells what is durable here, so that the provider sends what is not. */
  async #tellHeld(): Promise<void> {
    try {
      await this.#space.durable();
      const { durableVector } = this.#space.held(this.#log);
      this.#connection.send(syncStep1(stateVectorOf(this.#relay.ports.hash, durableVector)));
    } catch (error) {
      this.#connection.close();
      this.#relay.onFailure(error);
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
      this.#connection.close();
      this.#relay.onFailure(error);
    } finally {
      this.#isAnswering = false;
    }
  }

  async #answer(stateVector: Uint8Array): Promise<void> {
    const { hash } = this.#relay.ports;
    const { store } = this.#space;
    const clocks = decodeStateVector(stateVector);
    if (clocks === null) {
      this.#connection.send(permissionDenied("malformed-message: that was no state vector"));
      return;
    }
    let vector = this.#space.held(this.#log).vectorOf(clocks);
    for (let isFirst = true; !this.#isClosed; isFirst = false) {
      const batch = store.read(({ blocks }) => updateBeyond(hash, blocks, this.#log, vector, batchBytes));
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
      const { refused, gap } = await this.#space.admit(this.#log, update, this.#listener);
      for (const { code, reason } of refused) this.#connection.send(permissionDenied(`${code}: ${reason}`));
      if (gap) await this.#tellHeld();
    } catch (error) {
      if (error instanceof UpdateRefused) {
        this.#connection.send(permissionDenied(`${error.code}: ${error.message}`));
        return;
      }
      this.#connection.close();
      this.#relay.onFailure(error);
    } finally {
      this.#admittingBytes -= update.length;
    }
  }
}

/** A provider that sends more than this before it is answered is let go. */
const maxAdmittingBytes = 16 * 1024 * 1024;
