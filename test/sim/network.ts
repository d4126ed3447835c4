import type { Problem } from "@darksync/core/result";
import type { Relay } from "@darksync/runtime/relay/relay";
import type { Connection, ConnectionHandler } from "@darksync/runtime/transport";
import { decodeMessage } from "@darksync/sync/message";
import type { Agenda } from "./agenda.ts";
import type { Chance } from "./chance.ts";
import type { Process } from "./process.ts";
import type { RelayNode } from "./relay-node.ts";
import type { Trace } from "./trace.ts";

/** How a network behaves for one device. */
export interface NetworkHabits {
  leastMs: number;
  mostMs: number;
  /** Whether nothing gets through: new connections fail, and those that are open fall silent. */
  isDown: boolean;
}

const refused: Problem = { code: "relay-unreachable", message: "nobody answers there", hint: "Try again." };
const turnedAway: Problem = { code: "no-such-head", message: "no such space or head", hint: "Ask for it." };
const broken: Problem = { code: "relay-unreachable", message: "the connection broke", hint: "Try again." };

/** What may befall a connection. */
export type Fate =
  | "the connection breaks"
  | "the connection falls silent"
  | "a message to the relay is damaged"
  | "a message from the relay is damaged";

/** What a connection runs on. */
export interface LinkPorts {
  readonly agenda: Agenda;
  readonly chance: Chance;
  readonly trace: Trace;
  readonly habits: NetworkHabits;
  /** The client's process. */
  readonly process: Process;
  readonly relay: RelayNode;
  /** What befalls it behind so many messages. */
  readonly fate: { readonly fate: Fate; readonly behind: number } | null;
  /** Sees each message that a client sends. */
  readonly tap: (bytes: Uint8Array) => void;
  /** Who talks with it at the relay; null if it is turned away. */
  readonly enter: (relay: Relay, connection: Connection) => Talker | null;
}

/** A relay's side of a connection. */
export interface Talker {
  onMessage(bytes: Uint8Array): void;
  onClose(): void;
}

/**
 * A connection as a real transport gives it: messages whole and in order, until it ends. What it loses is always an
 * end of what was sent; a break may be told at once or never.
 */
export class Link {
  readonly #ports: LinkPorts;
  readonly #handler: ConnectionHandler;
  readonly #relayProcess: Process | null;
  readonly #toRelay: Pipe;
  readonly #toClient: Pipe;
  #server: Talker | null = null;
  #isOpen = true;
  #fate: LinkPorts["fate"];

  constructor(ports: LinkPorts, handler: ConnectionHandler) {
    this.#ports = ports;
    this.#handler = handler;
    this.#fate = ports.fate;
    this.#relayProcess = ports.relay.process;
    this.#toRelay = new Pipe(ports, (bytes) => this.#onRelayMessage(bytes));
    this.#toClient = new Pipe(ports, (bytes) => this.#onClientMessage(bytes));
    ports.agenda.after(ports.chance.between(ports.habits.leastMs, ports.habits.mostMs), () => this.#open());
  }

  get isOpen(): boolean {
    return this.#isOpen && this.#server !== null;
  }

  /** What the client holds of it. */
  get connection(): Connection {
    return {
      send: (bytes) => {
        if (!this.#ports.process.reach()) return;
        this.#ports.tap(bytes);
        this.#countToFate();
        this.#toRelay.send(bytes);
      },
      drained: async () => {},
      close: () => this.#toRelay.end(() => this.#endServer()),
    };
  }

  /** Ends it: of what is under way `kept` more messages arrive in each direction. */
  cut(kept: number): void {
    this.#toRelay.keep(kept);
    this.#toClient.keep(kept);
    this.#toRelay.end(() => this.#endServer());
    this.#toClient.end(() => this.#endClient(broken));
  }

  /** Nothing arrives any more, and nobody is told. */
  silence(): void {
    this.#toRelay.stop();
    this.#toClient.stop();
  }

  befall(fate: Fate): void {
    switch (fate) {
      case "the connection breaks":
        this.cut(this.#ports.chance.below(4));
        return;
      case "the connection falls silent":
        this.silence();
        return;
      case "a message to the relay is damaged":
        this.#toRelay.corruptNext = true;
        return;
      case "a message from the relay is damaged":
        this.#toClient.corruptNext = true;
    }
  }

  #countToFate(): void {
    if (this.#fate === null) return;
    if (this.#fate.behind > 0) this.#fate = { ...this.#fate, behind: this.#fate.behind - 1 };
    else {
      const { fate } = this.#fate;
      this.#fate = null;
      this.befall(fate);
    }
  }

  #open(): void {
    const { habits, chance, relay, process } = this.#ports;
    if (!process.isAlive || !this.#isOpen) return;
    const isReached = !habits.isDown && relay.relay !== null && relay.process === this.#relayProcess;
    if (!isReached) {
      if (chance.percent(50)) this.#endClient(refused);
      return;
    }
    if (relay.relay === null) return;
    const connection: Connection = {
      send: (bytes) => {
        if (this.#relayProcess?.reach() !== true) return;
        this.#countToFate();
        this.#toClient.send(bytes);
      },
      drained: () => this.#toClient.drained(),
      close: (why) =>
        this.#toClient.end(() =>
          this.#endClient(why === undefined ? broken : { ...broken, message: why.reason }),
        ),
    };
    this.#server = this.#ports.enter(relay.relay, connection);
    if (this.#server === null) {
      this.#endClient(turnedAway);
      return;
    }
    relay.links.add(this);
    this.#handler.onOpen();
  }

  #onRelayMessage(bytes: Uint8Array): void {
    if (this.#relayProcess?.isAlive === true) this.#server?.onMessage(bytes);
  }

  #onClientMessage(bytes: Uint8Array): void {
    if (this.#isOpen && this.#ports.process.isAlive) this.#handler.onMessage(bytes);
  }

  #endServer(): void {
    this.#ports.relay.links.delete(this);
    if (this.#relayProcess?.isAlive === true) this.#server?.onClose();
  }

  #endClient(problem: Problem): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.#ports.process.isAlive) this.#handler.onClose(problem);
  }
}

/** One direction of a connection. */
class Pipe {
  corruptNext = false;
  readonly #ports: LinkPorts;
  readonly #deliver: (bytes: Uint8Array) => void;
  readonly #under: { readonly bytes: Uint8Array | null; readonly arrive: () => void }[] = [];
  readonly #waiting: (() => void)[] = [];
  #lastMs = 0;
  #isEnded = false;
  #isStopped = false;

  constructor(ports: LinkPorts, deliver: (bytes: Uint8Array) => void) {
    this.#ports = ports;
    this.#deliver = deliver;
  }

  send(bytes: Uint8Array): void {
    if (this.#isEnded) return;
    this.#ports.trace.note(bytes);
    this.#under.push({ bytes, arrive: () => this.#deliver(this.#asItArrives(bytes)) });
    this.#schedule();
  }

  /** Behind what is under way comes the end. */
  end(arrive: () => void): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#under.push({ bytes: null, arrive });
    this.#schedule();
  }

  /** What is lost of what is under way; an end that was under way still comes, behind what is kept. */
  keep(count: number): void {
    const end = this.#under.splice(count).filter(({ bytes }) => bytes === null);
    this.#under.push(...end);
  }

  stop(): void {
    this.#isEnded = true;
    this.#isStopped = true;
    this.#under.length = 0;
    this.#release();
  }

  drained(): Promise<void> {
    if (this.#under.length < 2) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #schedule(): void {
    const { agenda, chance, habits } = this.#ports;
    const atMs = agenda.nowMs + chance.between(habits.leastMs, habits.mostMs);
    this.#lastMs = Math.max(this.#lastMs, atMs);
    agenda.after(this.#lastMs - agenda.nowMs, () => this.#arrive());
  }

  #arrive(): void {
    if (this.#isStopped || this.#ports.habits.isDown) {
      this.stop();
      return;
    }
    const next = this.#under.shift();
    next?.arrive();
    if (this.#under.length < 2) this.#release();
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #asItArrives(bytes: Uint8Array): Uint8Array {
    // A greeting is taken at its word: whether digests are equal is one byte of it.
    if (!this.corruptNext || decodeMessage(bytes)?.type === "welcome") return bytes;
    this.corruptNext = false;
    return corrupted(this.#ports.chance, bytes);
  }
}

/** Bytes with something wrong: a bit, a piece that is missing, or a piece too much. */
export function corrupted(chance: Chance, bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  switch (chance.below(4)) {
    case 0:
      return copy.subarray(0, chance.below(copy.length));
    case 1:
      return Uint8Array.from([...copy, ...chance.bytes(chance.between(1, 9))]);
    default: {
      const at = chance.below(copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << chance.below(8));
      return copy;
    }
  }
}
