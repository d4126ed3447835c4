import type { Problem, Result } from "@darksync/core/result";
import type { LogName, Vector } from "@darksync/core/vector";
import { retryDelayMs } from "@darksync/sync/backoff";
import type { Message } from "@darksync/sync/message";
import { heartbeatMs, stepReplica } from "@darksync/sync/replica-machine";
import {
  type Ask,
  initialReplicaState,
  type Refused,
  type ReplicaEffect,
  type ReplicaInput,
  type ReplicaState,
  type SyncMode,
} from "@darksync/sync/replica-state";
import { type FetchSegment, neverFetched, segmentFetcher, withHistory } from "../cache/fetch-evicted.js";
import { lostAndEvicted } from "../cache/lost-and-evicted.js";
import { regain } from "../cache/regain.js";
import { applyPlans } from "../conflict/apply-plans.js";
import type { Timers, Transport } from "../transport.js";
import { acknowledge } from "./acknowledge.js";
import { type CloneOptions, type ClonePorts, cloneLog } from "./clone.js";
import { compareWithRelay, helloOf } from "./compare.js";
import { ingest } from "./ingest.js";
import { InputQueue } from "./input-queue.js";
import { stateVectorOf, vectorOf } from "./log-view.js";
import { NotOffered } from "./not-offered.js";
import { park } from "./park.js";
import { prepareBatch } from "./prepare.js";
import { Questions } from "./questions.js";
import { RelayConnection } from "./relay-connection.js";
import type { Replica } from "./replica.js";
import { dropUnusedParts, headsOf, lacksMuch } from "./sealed-heads.js";
import { noteFailedAttempt, noteReached, noteSynced } from "./sync-notes.js";
import { cannotTake, tooMuch } from "./sync-problems.js";
import { type SyncCounts, type SyncOutcome, SyncTally } from "./sync-tally.js";

/** What a sync runs on beside its replica. */
export interface SyncPorts {
  readonly transport: Transport;
  readonly timers: Timers;
  /** How sealed segments come (L6); without it everything is asked for block by block. */
  readonly clone?: Omit<ClonePorts, "url">;
}

/** How a sync differs from a plain one. */
export interface SyncOptions {
  readonly onProgress?: (counts: SyncCounts) => void;
  /** Everything is downloaded again. */
  readonly isFull?: boolean;
  /** The relay's URL as people give it: what this replica is linked to as soon as that relay has answered. */
  readonly link?: string;
}

const mostWaitMs = 2000;

/** A sync with a relay, from connecting to the end. One at a time for a replica. */
export class SyncSession {
  readonly #replica: Replica;
  readonly #ports: SyncPorts;
  readonly #url: string;
  readonly #isFull: boolean;
  readonly #link: string | null;
  readonly #tally: SyncTally;
  readonly #inputs = new InputQueue();
  readonly #connection: RelayConnection;
  readonly #notOffered = new NotOffered();
  readonly #questions = new Questions((log) => this.#tally.refuse(cannotTake(log)));
  readonly #fetchSegment: FetchSegment;
  #state: ReplicaState;
  #stopHeartbeat: (() => void) | null = null;
  #cancelRetry: (() => void) | null = null;
  #isStepping = false;
  /** The fetch that was begun last. */
  #fetching: Promise<void> | null = null;
  #heads: ReadonlyMap<LogName, number> = new Map();
  #end: { resolve: (outcome: SyncOutcome) => void; reject: (error: unknown) => void } | null = null;

  constructor(
    replica: Replica,
    ports: SyncPorts,
    url: string,
    mode: SyncMode,
    { onProgress = () => {}, isFull = false, link }: SyncOptions = {},
  ) {
    this.#replica = replica;
    this.#ports = ports;
    this.#url = url;
    this.#tally = new SyncTally(onProgress);
    this.#isFull = isFull;
    this.#link = link ?? null;
    this.#state = initialReplicaState(mode);
    this.#connection = new RelayConnection(ports.transport, url, {
      onOpen: () => this.#greet(),
      onMessage: (message, bytes) => this.#postMessage(message, bytes),
      onClosed: (problem) => this.#post({ type: "closed", problem }),
    });
    this.#fetchSegment =
      ports.clone === undefined ? neverFetched : segmentFetcher(replica, { ...ports.clone, url });
  }

  /** Runs to the end: in mode `once` until both sides have all, else until `stop` or a permanent problem. */
  run(): Promise<SyncOutcome> {
    return new Promise((resolve, reject) => {
      this.#end = { resolve, reject };
      this.#stopHeartbeat = this.#ports.timers.every(heartbeatMs, () => this.#lookAtLink());
      this.#post({ type: "start" });
    });
  }

  /** Tells the sync that something was saved. */
  changed(): void {
    const logs = this.#unsignedLogs();
    if (logs.length > 0) this.#post({ type: "changed", logs });
  }

  /** Whether both sides have all that the other has, as far as is known now. */
  get isCaughtUp(): boolean {
    return this.#state.isCaughtUp;
  }

  get isConnected(): boolean {
    return this.#state.phase === "exchanging";
  }

  stop(): void {
    this.#post({ type: "stop" });
  }

  #post(input: ReplicaInput): void {
    void this.#inputs.push(input);
    if (!this.#isStepping) void this.#drain();
  }

  /** Fulfilled when the message was dealt with. */
  #postMessage(message: Message, bytes: number): Promise<void> {
    const taken = this.#inputs.push({ type: "message", message }, bytes);
    if (this.#inputs.isTooLong) {
      this.#inputs.clear();
      this.#post({ type: "message", message: { type: "error", ...tooMuch } });
    }
    if (!this.#isStepping) void this.#drain();
    return taken;
  }

  /** While something is worked on, what the relay says waits: looks that pile up behind it would find it silent. */
  #lookAtLink(): void {
    if (!this.#isStepping) this.#post({ type: "heartbeat" });
  }

  // One input after the other, and all effects of one before the next: what the machine assumes.
  async #drain(): Promise<void> {
    this.#isStepping = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
        const step = stepReplica(this.#state, next.input);
        this.#state = step.state;
        for (const effect of step.effects) await this.#withHistory(() => this.#run(effect));
        next.taken();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isStepping = false;
    }
  }

  #fail(error: unknown): void {
    this.#close();
    this.#end?.reject(error);
  }

  /** Does something again after what it needs of the history, and was evicted, has been fetched. */
  #withHistory<Value>(work: () => Value | Promise<Value>): Promise<Value> {
    return withHistory(this.#fetchSegment, work, (error): never => {
      throw error;
    });
  }

  async #run(effect: ReplicaEffect): Promise<void> {
    switch (effect.type) {
      case "connect":
        return this.#connect();
      case "disconnect":
        return this.#connection.disconnect();
      case "send":
        return this.#connection.send(effect.message);
      case "compare": {
        await noteReached(this.#replica);
        const compared = await compareWithRelay(this.#replica, effect.welcome, this.#isFull, this.#link);
        if (!compared.ok) return this.#post({ type: "mismatched", problem: compared.problem });
        this.#tally.count({ pushed: compared.value.pushed });
        this.#heads = headsOf(effect.welcome);
        const { asks, offers } = compared.value;
        const fetches = this.#logsToFetch(asks.map(({ log }) => log));
        const left = asks.filter(({ log }) => !fetches.includes(log));
        return this.#post({ type: "compared", asks: left, fetches, offers });
      }
      case "fetch":
        // Beside what follows: the relay has to be answered meanwhile.
        this.#fetching = this.#fetchSealed(effect.log).catch((error) => this.#fail(error));
        return;
      case "ingest":
        return this.#ingest(effect.log, effect.update);
      case "noteState":
      case "noteAck": {
        const { log, heads } = effect;
        const { pushed, askFrom } = await acknowledge(this.#replica, log, heads, effect.type === "noteState");
        this.#tally.count({ pushed });
        return this.#post({ type: "noted", ask: askFrom === null ? null : this.#askFor(log, askFrom) });
      }
      case "park":
        return this.#park(effect.refusal);
      case "prepare": {
        const leftOut = this.#notOffered.of(effect.log);
        const update = await withHistory(
          this.#fetchSegment,
          () => prepareBatch(this.#replica, effect.log, leftOut),
          () => prepareBatch(this.#replica, effect.log, leftOut, "as far as it is here"),
        );
        return this.#post({ type: "prepared", log: effect.log, update });
      }
      case "settle":
        return this.#settle();
      case "caughtUp":
        if (this.#ports.clone !== undefined) await this.#replica.store.write(dropUnusedParts);
        await this.#regain();
        return noteSynced(this.#replica, this.#heads);
      case "retry":
        await noteFailedAttempt(this.#replica, effect.problem, effect.retryCount);
        return this.#retryLater(effect.retryCount);
      case "finish":
        return this.#finish(effect.problem);
    }
  }

  /** What waits for evicted history is made up for while there is a relay to fetch it from. */
  async #regain(): Promise<void> {
    const problem = await regain(this.#replica, this.#fetchSegment);
    if (problem !== null) this.#tally.refuse(problem);
    const lost = this.#replica.store.read(lostAndEvicted);
    if (lost !== null) this.#tally.refuse(lost);
  }

  #connect(): void {
    this.#questions.forget();
    this.#notOffered.forget();
    this.#connection.connect();
  }

  // Called by the transport, which has nobody to tell if the store cannot be read.
  #greet(): void {
    try {
      this.#post({ type: "opened", hello: helloOf(this.#replica, this.#isFull) });
    } catch (error) {
      this.#fail(error);
    }
  }

  #logsToFetch(logs: readonly LogName[]): readonly LogName[] {
    if (this.#ports.clone === undefined) return [];
    return this.#replica.store.read((tables) =>
      logs.filter((log) => {
        const head = this.#heads.get(log) ?? 0;
        return this.#isFull ? head > 0 : lacksMuch(tables, log, head);
      }),
    );
  }

  async #fetchSealed(log: LogName): Promise<void> {
    const { number } = this.#connection;
    const isStopped = () => number !== this.#connection.number;
    const { clone } = this.#ports;
    if (clone === undefined) throw new Error(`nothing to fetch ${log} with`);
    const ports = { ...clone, url: this.#url };
    const onProgress = (counts: Partial<SyncCounts>) => this.#tally.count(counts);
    const options = { isFull: this.#isFull, isStopped, onProgress };
    const clonedWith = (history: CloneOptions["history"]) =>
      cloneLog(this.#replica, ports, log, { ...options, history });
    const { judged, problem, sealed } = await withHistory(
      this.#fetchSegment,
      () => clonedWith("whole"),
      () => clonedWith("as far as it is here"),
    );
    this.#tally.noteJudged(judged);
    if (isStopped()) return;
    if (problem !== null) this.#tally.noteDetour(problem);
    const held = this.#isFull ? sealed : this.#replica.store.read(({ blocks }) => vectorOf(blocks, log));
    const stateVector = stateVectorOf(this.#replica.hash, held);
    this.#post({ type: "fetched", ask: { log, stateVector } });
  }

  async #ingest(log: string, update: Uint8Array): Promise<void> {
    // What the relay has lost, and was evicted here, must not keep what it has from coming.
    const { pulled, judged, isLacking, refused, ends } = await withHistory(
      this.#fetchSegment,
      () => ingest(this.#replica, log, update),
      () => ingest(this.#replica, log, update, "as far as it is here"),
    );
    this.#notOffered.notePassedOn(log, ends);
    this.#tally.refuse(...refused);
    this.#tally.count({ pulled });
    this.#tally.noteJudged(judged);
    // The end of an answer that is under way tells what is missing still.
    if (!isLacking || this.#state.asking.includes(log) || this.#state.fetching.includes(log)) return;
    const held = this.#replica.store.read((tables) => vectorOf(tables.blocks, log));
    const ask = this.#askFor(log, held);
    if (ask !== null) this.#post({ type: "lacking", ask });
  }

  /** What was foreseen is settled when all of an answer is here: its updates may hold a conflict and its end. */
  async #settle(): Promise<void> {
    const applied = await withHistory(
      this.#fetchSegment,
      () => applyPlans(this.#replica),
      (_error, problem): Result<number> => ({ ok: false, problem }),
    );
    this.#tally.notePlans(applied);
    this.#post({ type: "settled", logs: applied.ok && applied.value > 0 ? this.#unsignedLogs() : [] });
  }

  #unsignedLogs(): readonly LogName[] {
    return this.#replica.store.read((tables) => tables.changes.logsWithUnsigned());
  }

  #askFor(log: LogName, vector: Vector): Ask | null {
    return this.#questions.put(log, stateVectorOf(this.#replica.hash, vector));
  }

  async #park({ log, stream, seq, code, reason, changes }: Refused): Promise<void> {
    const problem = { code, message: reason, hint: "See `darklang queue`; correct it and save again." };
    const refusal = { log, stream, seq, problem, changes };
    const { parked, isStuck } = await park(this.#replica, refusal);
    this.#tally.count({ parked });
    if (!isStuck) return;
    this.#notOffered.noteStuck(stream);
    this.#tally.refuse(problem);
  }

  #retryLater(retryCount: number): void {
    const [byte] = this.#replica.random(1);
    const delayMs = retryDelayMs(retryCount, (byte ?? 0) / 256);
    this.#cancelRetry = this.#ports.timers.after(delayMs, () => this.#post({ type: "start" }));
  }

  async #finish(problem: Problem | null): Promise<void> {
    this.#close();
    await this.#endFetch();
    if (problem !== null) await noteFailedAttempt(this.#replica, problem, 1);
    this.#end?.resolve(this.#tally.outcome(problem));
  }

  /** What was downloaded of a segment is kept; but nobody waits long for a relay that does not answer. */
  async #endFetch(): Promise<void> {
    if (this.#fetching === null) return;
    let stopWaiting = () => {};
    const waited = new Promise<void>((resolve) => {
      stopWaiting = this.#ports.timers.after(mostWaitMs, resolve);
    });
    await Promise.race([this.#fetching, waited]);
    stopWaiting();
  }

  #close(): void {
    this.#stopHeartbeat?.();
    this.#cancelRetry?.();
    this.#connection.disconnect();
  }
}
