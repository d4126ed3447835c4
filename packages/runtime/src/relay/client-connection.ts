import type { LogName, Vector } from "@darksync/core/vector";
import { decodeStateVector } from "@darksync/log/state-vector";
import { spaceDigest } from "@darksync/sync/digest";
import {
  batchBytes,
  decodeMessage,
  encodeMessage,
  type Hello,
  protocolVersion,
  type Welcome,
} from "@darksync/sync/message";
import {
  type ConnectionEffect,
  type ConnectionInput,
  type ConnectionState,
  stepConnection,
} from "@darksync/sync/relay-machine";
import { isWanted } from "@darksync/sync/wanted";
import { updateBeyond } from "../replica/log-view.js";
import { soundBlocks } from "../store/sound-blocks.js";
import { StoreError } from "../store/store.js";
import type { Connection } from "../transport.js";
import { UpdateRefused } from "./check-update.js";
import type { HeldLog } from "./held-log.js";
import type { Listener } from "./listeners.js";
import type { PassedBlocks } from "./passed-blocks.js";
import type { Relay } from "./relay.js";
import type { RelaySpace } from "./relay-space.js";
import { isDamage } from "./space-damaged.js";

/** What a client may send ahead of the answers: our own has one batch under way, and a question for each log. */
const maxAheadBytes = 16 * 1024 * 1024;
const messageCostBytes = 256;
const everything: readonly string[] = [];

interface WaitingInput {
  readonly input: ConnectionInput;
  readonly bytes: number;
}

/** One of our own clients, over one connection for all logs. One that is idle has no lists and no functions of its own. */
export class ClientConnection implements Listener {
  readonly #relay: Relay;
  readonly #connection: Connection;
  readonly #spaceName: string | null;
  /** Null: none. */
  #inputs: WaitingInput[] | null = null;
  #aheadBytes = 0;
  #state: ConnectionState = "new";
  #space: RelaySpace | null = null;
  #only: readonly string[] = everything;
  #isStepping = false;
  /** Fulfilled when all that was sent was answered; null if it is. */
  #admitting: Promise<void> | null = null;
  /** Live blocks that came before the welcome was out; null afterwards. */
  #early: Uint8Array[] | null = [];
  /** `spaceName`: the space that the URL names, or null. */
  constructor(relay: Relay, connection: Connection, spaceName: string | null) {
    this.#relay = relay;
    this.#connection = connection;
    this.#spaceName = spaceName;
  }

  onMessage(bytes: Uint8Array): void {
    if (this.#state === "closed") return;
    const size = bytes.length + messageCostBytes;
    if (this.#aheadBytes + size > maxAheadBytes) this.#fail(new UpdateRefused("too-fast", tooFast));
    else this.#post({ type: "message", message: decodeMessage(bytes) }, size);
  }

  onClose(): void {
    this.#state = "closed";
    this.#space?.stopListening(this);
  }

  wants(log: LogName): boolean {
    return isWanted(log, this.#only);
  }

  onBlocks({ clientMessages }: PassedBlocks): void {
    for (const message of clientMessages) this.#pass(message);
  }

  onDurable(ack: Uint8Array): void {
    this.#pass(ack);
  }

  /** Our own clients frame all blocks of a stream from its first: a seal changes nothing for who is there. */
  onSealed(): void {}

  onFailed(error: Error): void {
    this.#fail(error);
  }

  #pass(message: Uint8Array): void {
    if (this.#early === null) this.#connection.send(message);
    else this.#early.push(message);
  }

  #passEarly(): void {
    const early = this.#early ?? [];
    this.#early = null;
    for (const message of early) this.#pass(message);
  }

  #post(input: ConnectionInput, bytes = 0): void {
    this.#inputs ??= [];
    this.#inputs.push({ input, bytes });
    this.#aheadBytes += bytes;
    if (!this.#isStepping) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#isStepping = true;
    for (let next = this.#inputs?.shift(); next !== undefined; next = this.#inputs?.shift()) {
      await this.#step(next.input, next.bytes);
    }
    this.#inputs = null;
    this.#isStepping = false;
  }

  async #step(input: ConnectionInput, bytes: number): Promise<void> {
    const { state, effects } = stepConnection(this.#state, input);
    this.#state = state;
    let isAhead = false;
    for (const effect of effects) {
      try {
        if (effect.type === "admit") {
          isAhead = true;
          this.#begin(this.#admit(effect, bytes));
        } else await this.#run(effect);
      } catch (error) {
        this.#fail(error);
      }
    }
    if (!isAhead) this.#aheadBytes -= bytes;
  }

  #begin(admitting: Promise<void>): void {
    this.#admitting = admitting;
    void admitting.then(() => {
      if (this.#admitting === admitting) this.#admitting = null;
    });
  }

  /** What is sent meanwhile is admitted together with it; the answers come in the order of the updates. */
  async #admit({ log, update }: Extract<ConnectionEffect, { type: "admit" }>, bytes: number): Promise<void> {
    try {
      const admitted = await this.#entered().admit(log, update, this);
      // At once: the answer to a question that came later must not overtake it.
      await this.#step({ type: "admitted", log, ...admitted }, 0);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#aheadBytes -= bytes;
    }
  }

  // The client keeps what was not acknowledged and comes again, so the connection is all that goes.
  #fail(error: unknown): void {
    const wasTold = this.#space !== null && isDamage(error);
    if (!(error instanceof UpdateRefused || wasTold)) this.#relay.onFailure(error);
    if (this.#state === "closed") return;
    const [code, reason] = whatFailed(error);
    const hint = "What it acknowledged counts. Try again; if it stays so, tell whoever runs the relay.";
    this.#connection.send(encodeMessage({ type: "error", code, reason, hint }));
    this.#state = "closed";
    this.#connection.close();
  }

  async #run(effect: Exclude<ConnectionEffect, { type: "admit" }>): Promise<void> {
    switch (effect.type) {
      case "send":
        this.#connection.send(encodeMessage(effect.message));
        if (effect.message.type === "welcome") this.#passEarly();
        return;
      case "close":
        this.#connection.close();
        return;
      case "enter":
        return this.#enter(effect.hello);
      case "answer":
        await this.#admitting;
        return this.#answer(effect.log, effect.stateVector);
    }
  }

  async #enter(hello: Hello): Promise<void> {
    const entered = this.#relay.enter(this.#spaceName, hello.space);
    if (!entered.ok) {
      this.#post({ type: "denied", problem: entered.problem });
      return;
    }
    const space = entered.value;
    this.#space = space;
    if (hello.only.length > 0) this.#only = hello.only;
    space.listen(this);
    this.#post({ type: "entered", welcome: await this.#welcome(space, hello) });
  }

  async #welcome(space: RelaySpace, hello: Hello): Promise<Welcome> {
    const { hash } = this.#relay.ports;
    const digests = await space.digests(hello.only);
    const isEqual = hello.space === space.id && spaceDigest(hash, digests) === hello.digest;
    return {
      type: "welcome",
      version: protocolVersion,
      space: space.id,
      isEqual,
      logs: isEqual ? [] : space.history.withHeads(digests),
    };
  }

  /** Sends what the client lacks, a batch at a time and no faster than it reads; then all that is durable. */
  async #answer(log: LogName, stateVector: Uint8Array): Promise<void> {
    const space = this.#entered();
    const held = space.held(log);
    if (!this.#sendKnown(held, stateVector)) {
      const clocks = decodeStateVector(stateVector);
      if (clocks === null) {
        this.#post({ type: "message", message: null });
        return;
      }
      await this.#sendBeyond(held, held.vectorOf(clocks), stateVector);
    }
    if (this.#state === "closed") return;
    // All that was sent, too: what the client holds beyond this it would offer.
    await space.durable();
    this.#connection.send(space.held(log).stateMessage);
  }

  /** Whether what a client lacks was made for another one already, and is sent. */
  #sendKnown(held: HeldLog, stateVector: Uint8Array): boolean {
    const known = this.#entered().answers.find(held, stateVector);
    for (const message of known ?? []) this.#connection.send(message);
    return known !== null;
  }

  async #sendBeyond(held: HeldLog, vector: Vector, stateVector: Uint8Array): Promise<void> {
    const { store, answers } = this.#entered();
    const { ports, readingTurns } = this.#relay;
    const sent: Uint8Array[] = [];
    let reached = vector;
    for (;;) {
      await readingTurns.take();
      // Of hundreds who come back at once and lack the same, the first has had it made meanwhile.
      if (this.#state === "closed" || (sent.length === 0 && this.#sendKnown(held, stateVector))) {
        readingTurns.giveBack();
        return;
      }
      const batch = store.read(({ blocks }) =>
        updateBeyond(ports.hash, soundBlocks(ports, blocks), held.log, reached, batchBytes),
      );
      if (batch === null) break;
      reached = batch.reached;
      const message = encodeMessage({ type: "update", log: held.log, update: batch.update });
      if (sent.length < 2) sent.push(message);
      this.#connection.send(message);
      await this.#connection.drained();
      // Known without another turn, which would come behind those of all who ask for the same.
      if (isAllOf(held, reached)) break;
    }
    if (sent.length < 2) answers.note(held, stateVector, sent);
  }

  #entered(): RelaySpace {
    if (this.#space === null) throw new Error("the connection has not entered a space");
    return this.#space;
  }
}

function isAllOf({ tips }: HeldLog, vector: Vector): boolean {
  for (const [stream, { seq }] of tips) if ((vector.get(stream) ?? 0) < seq) return false;
  return true;
}

const tooFast = "more was sent than anybody sends who waits for the answers";

function whatFailed(error: unknown): readonly [code: string, reason: string] {
  if (error instanceof UpdateRefused) return [error.code, error.message];
  if (!(error instanceof StoreError)) return ["relay-failed", "the relay could not store that"];
  // Its message names files of the relay's machine, which are nobody else's business.
  return [`relay-${error.code}`, `the relay cannot use its copy of this space (${error.code})`];
}
