import type { Signer } from "@darksync/core/ports";
import { deviceOf, type StreamName } from "@darksync/core/stream";
import { isLogName, type LogName } from "@darksync/core/vector";
import type { AdmittedBlock } from "@darksync/log/admission";
import type { Head } from "@darksync/log/head";
import { tagOf } from "@darksync/sync/digest";
import type { StreamHead } from "@darksync/sync/message";
import { authLog, isWanted } from "@darksync/sync/wanted";
import type { BlockStore } from "../store/block-store.js";
import type { RelayStore } from "../store/store.js";
import { type CheckedUpdate, type CheckPorts, checkUpdate, UpdateRefused } from "./check-update.js";
import { DamagedBlock } from "./collect-segment.js";
import { HeldLog } from "./held-log.js";
import { KnownAnswers } from "./known-answers.js";
import { type Listener, Listeners } from "./listeners.js";
import { type LogDigest, LogDigests } from "./log-digests.js";
import { LogHistory } from "./log-history.js";
import { PassedBlocks } from "./passed-blocks.js";
import type { SealingPorts } from "./sealer.js";
import { isDamage, SpaceDamaged, watchedStore } from "./space-damaged.js";
import type { RefusedMessage } from "./without-invalid.js";

/** What a relay runs on beside its stores. */
export interface RelayPorts extends CheckPorts {
  /** Calls back when all that has arrived by now was taken: what came together goes together. */
  readonly afterTurn: (callback: () => void) => void;
  /** Calls back about a tenth of a second later: for what nobody waits for. */
  readonly afterPause: (callback: () => void) => void;
  readonly sealing: SealingPorts;
}

/** What a space of a relay runs on beside its store. */
export interface SpacePorts extends RelayPorts {
  /** The relay's key: it signs what the relay seals. */
  readonly signer: Signer;
  /** Hears of failures that no client can do anything about. */
  readonly onFailure: (error: unknown) => void;
}

/** What became of an update, once it is durable. */
export interface Admitted {
  /** Streams that moved, or all streams of the log if none did or there is a gap. */
  readonly heads: readonly StreamHead[];
  readonly refused: readonly RefusedMessage[];
  readonly gap: boolean;
}

/** Counts for the operator. */
export interface RelayCounts {
  blocksAdmitted: number;
  /** Blocks that came again; one cut connection repeats at most a batch. */
  blocksRepeated: number;
  blocksRefused: number;
  changesAdmitted: number;
  commits: number;
  segmentsSealed: number;
  /** Bytes of the segments sealed. */
  bytesSealed: number;
}

/**
 * How many bytes the names of a space's logs and streams may take, as a block's `seen` and the relay's greeting list
 * them: more would not fit in one block beside its changes, and nobody could sign one any more.
 */
const maxNamesBytes = 384 * 1024;
const streamNameBytes = 48;
/** A commit takes what waits until it has unpacked so much, so that many small updates cannot fill the memory. */
const bytesPerCommit = 64 * 1024 * 1024;
const changeCostBytes = 256;

/** One update that waits to be admitted, with whoever sent it. */
interface Task {
  readonly log: LogName;
  readonly update: Uint8Array;
  readonly sender: Listener | null;
  readonly resolve: (admitted: Admitted) => void;
  readonly reject: (error: unknown) => void;
}

interface CheckedTask extends CheckedUpdate {
  readonly task: Task;
  readonly held: HeldLog;
}

/** What waits for the next time that all is made durable. */
type Waiting =
  | ({ readonly type: "committed"; readonly number: number } & CheckedTask)
  | { readonly type: "claim"; readonly resolve: () => void; readonly reject: (error: unknown) => void };

/**
 * One space on a relay: admits updates in the order they come, commits what came in meanwhile together, passes it on,
 * and answers when it is durable. It keeps no documents: rows are the truth (L4).
 */
export class RelaySpace {
  readonly id: string;
  readonly store: RelayStore;
  /** For those who ask what was just answered. */
  readonly answers: KnownAnswers = new KnownAnswers();
  readonly history: LogHistory;
  readonly #ports: SpacePorts;
  readonly #counts: RelayCounts;
  readonly #listeners: Listeners;
  readonly #held = new Map<LogName, HeldLog>();
  readonly #digests: LogDigests;
  /** A relay that was killed may have committed what the disk does not have. */
  readonly #opened: Promise<void>;
  #tasks: Task[] = [];
  /** What is left of `maxNamesBytes`; null: not counted yet. */
  #namesLeft: number | null = null;
  #working: Promise<void> | null = null;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | null = null;
  #damage: SpaceDamaged | null = null;

  constructor(id: string, store: RelayStore, ports: SpacePorts, counts: RelayCounts) {
    this.id = id;
    this.store = watchedStore(
      store,
      ({ message }) => this.noteDamage(message),
      () => this.#damage,
    );
    this.#ports = ports;
    this.#counts = counts;
    this.#digests = new LogDigests(ports.hash, this.store);
    this.#listeners = new Listeners(ports.afterPause);
    this.history = new LogHistory(ports, id, this.store, {
      onSealed: (log, head, byteCount) => this.#onSealed(log, head, byteCount),
      onFailure: (error) => this.#historyFailed(error),
    });
    this.#opened = this.store.durable();
    // Whoever is going to be told something waits for it too, and hears of what went wrong.
    this.#opened.catch(() => {});
  }

  /** Whether nobody listens and nothing is under way. A damaged one stays, so that it is not taken for sound again. */
  get isIdle(): boolean {
    const isWorking = this.#working !== null || this.#flushing !== null || this.history.isBusy;
    return this.#listeners.size === 0 && !isWorking && this.#damage === null;
  }

  /** Why nothing of this space is told or taken; null: it is sound as far as it was looked at. */
  get damage(): SpaceDamaged | null {
    return this.#damage;
  }

  /**
   * Notes that something in the store is not what was written: what was claimed may not be readable, so nothing is
   * claimed or taken any more (L5), and who is connected is let go. The operator is told once.
   */
  noteDamage(reason: string): void {
    if (this.#damage !== null) return;
    this.#damage = new SpaceDamaged(this.id, reason);
    this.#ports.onFailure(this.#damage);
    this.#listeners.failed(this.#damage);
  }

  listen(listener: Listener): void {
    this.#listeners.add(listener);
  }

  stopListening(listener: Listener): void {
    this.#listeners.remove(listener);
  }

  /** Checks an update and stores what is right of it. Fulfilled when that is durable. */
  admit(log: LogName, update: Uint8Array, sender: Listener | null): Promise<Admitted> {
    if (this.#damage !== null) return Promise.reject(this.#damage);
    return new Promise((resolve, reject) => {
      this.#tasks.push({ log, update, sender, resolve, reject });
      this.#working ??= new Promise((worked) => this.#ports.afterTurn(() => worked(this.#work())));
    });
  }

  /** Fulfilled when nothing waits to be admitted or to become durable. */
  async idle(): Promise<void> {
    while (this.#working !== null || this.#flushing !== null) await (this.#working ?? this.#flushing);
  }

  /** Fulfilled when all that was committed is durable and noted as such, so that it may be told (L5). */
  durable(): Promise<void> {
    if (this.#damage !== null) return Promise.reject(this.#damage);
    if (this.#flushing === null) return this.#opened;
    return new Promise((resolve, reject) => this.#waiting.push({ type: "claim", resolve, reject }));
  }

  /** What is remembered of a log, made of its rows if nothing is. */
  held(log: LogName): HeldLog {
    const known = this.#held.get(log);
    if (known !== undefined) {
      known.wasUsed = true;
      return known;
    }
    const held = new HeldLog(this.#ports.hash, this.store, this.id, log);
    // Names come from outside: what has no rows is not remembered.
    if (held.tips.size > 0) this.#held.set(log, held);
    return held;
  }

  /** What is durable of the logs that a client wants, with all that was committed before the call. */
  async digests(only: readonly string[]): Promise<readonly LogDigest[]> {
    // Whoever begins to listen does not hear of what was passed on before.
    await this.durable();
    return this.#digests.of((log) => isWanted(log, only), this.#held);
  }

  /** Forgets the logs that nobody used since the last call. */
  forgetUnused(): void {
    this.answers.forget();
    for (const [log, held] of this.#held) {
      if (!held.wasUsed && held.undurableCount === 0 && this.#working === null) {
        this.#held.delete(log);
        this.history.forget(log);
      }
      held.wasUsed = false;
    }
  }

  #historyFailed(error: unknown): void {
    if (error instanceof DamagedBlock) this.noteDamage(error.message);
    else if (!isDamage(error)) this.#ports.onFailure(error);
  }

  async #work(): Promise<void> {
    while (this.#tasks.length > 0) {
      const tasks = this.#tasks;
      this.#tasks = [];
      await this.#workOff(tasks);
    }
    this.#working = null;
  }

  /** One commit for all, unless it would be too much. Each task sees what those before it bring. */
  async #workOff(tasks: readonly Task[]): Promise<void> {
    let group: CheckedTask[] = [];
    let bytes = 0;
    for (const task of tasks) {
      if (bytes > bytesPerCommit) {
        await this.#commit(group);
        group = [];
        bytes = 0;
      }
      try {
        const checked = await this.#check(task);
        group.push(checked);
        for (const block of checked.admitted) bytes += costOf(block);
      } catch (error) {
        task.reject(error);
      }
    }
    await this.#commit(group);
  }

  async #check(task: Task): Promise<CheckedTask> {
    const { log, update } = task;
    if (this.#damage !== null) throw this.#damage;
    if (!isLogName(log)) throw new UpdateRefused("not-a-log", "no log can have that name");
    const held = this.held(log);
    const auth = log === authLog ? held : this.held(authLog);
    for (const needed of [held, auth]) needed.readAgain();
    const checked = await checkUpdate(this.#ports, held, auth, update);
    if (!this.#takeNames(held, checked.admitted))
      throw new UpdateRefused("space-full", "the space has as many logs and devices' streams as it can hold");
    this.#counts.blocksRepeated += checked.repeatedCount;
    if (checked.admitted.length > 0) {
      held.take(checked.admitted);
      this.#held.set(log, held);
    }
    return { ...checked, task, held };
  }

  /** Whether there is room for the names that the blocks bring; takes it. */
  #takeNames({ log, tips }: HeldLog, admitted: readonly AdmittedBlock[]): boolean {
    const streams = admitted.filter(({ header }) => header.seq === 1).length;
    if (streams === 0) return true;
    this.#namesLeft ??= this.store.read(({ blocks }) => this.#countNamesLeft(blocks));
    const left = this.#namesLeft - (tips.size === 0 ? namesBytes(log, streams) : streams * streamNameBytes);
    if (left < 0) return false;
    this.#namesLeft = left;
    return true;
  }

  #countNamesLeft(blocks: BlockStore): number {
    const held = [...this.#held.values()].map(({ log, tips }) => namesBytes(log, tips.size));
    const others = blocks.logs().filter((log) => !this.#held.has(log));
    const sizes = [...held, ...others.map((log) => namesBytes(log, blocks.tips(log).size))];
    return sizes.reduce((left, size) => left - size, maxNamesBytes);
  }

  async #commit(group: readonly CheckedTask[]): Promise<void> {
    if (group.length === 0) return;
    const moved = new Set(group.filter(({ admitted }) => admitted.length > 0).map(({ held }) => held));
    try {
      if (moved.size > 0) {
        await this.store.write(({ blocks }) => {
          for (const { held, admitted } of group)
            for (const block of admitted) appendBlock(blocks, held.log, block);
        });
        this.#counts.commits += 1;
      }
    } catch (error) {
      this.#namesLeft = null;
      for (const { task } of group) task.reject(error);
      for (const held of moved) rollBack(held);
      return;
    }
    for (const held of moved) held.committed();
    this.#noteCommitted(group);
    const number = this.#listeners.begin();
    this.#passOn(group);
    for (const checked of group) this.#waiting.push({ type: "committed", number, ...checked });
    this.#flushing ??= this.#flush();
  }

  #noteCommitted(group: readonly CheckedTask[]): void {
    for (const [{ log }, tasks] of byLog(group)) {
      const blocks = tasks.flatMap(({ admitted }) => admitted);
      const changes = blocks.reduce((sum, block) => sum + block.changes.length, 0);
      const bytes = blocks.reduce((sum, block) => sum + block.bytes.length, 0);
      this.history.noteCommitted(log, changes, bytes);
    }
  }

  #onSealed(log: LogName, head: Head, byteCount: number): void {
    this.#counts.segmentsSealed += 1;
    this.#counts.bytesSealed += byteCount;
    this.#listeners.sealed(log, head);
  }

  #passOn(group: readonly CheckedTask[]): void {
    for (const [held, tasks] of byLog(group)) {
      const blocks = new PassedBlocks(
        this.#ports.hash,
        held.log,
        tasks.flatMap(({ admitted }) => admitted),
      );
      this.#listeners.passOn(blocks, new Set(tasks.map(({ task }) => task.sender)));
    }
  }

  /** Makes durable what was committed, again and again until nothing waits. */
  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      try {
        await this.store.durable();
        this.#settle(waiting);
      } catch (error) {
        for (const one of waiting) (one.type === "claim" ? one : one.task).reject(error);
      }
    }
    this.#flushing = null;
  }

  /** All of this is durable: it counts as such, and may be told. */
  #settle(waiting: readonly Waiting[]): void {
    const committed = waiting.flatMap((one) => (one.type === "committed" ? [one] : []));
    for (const [held, tasks] of byLog(committed)) {
      const blocks = tasks.flatMap(({ admitted }) => admitted);
      const heads = lastHeads(blocks);
      held.becameDurable(blocks.length, heads);
      this.#digests.moved(held.log);
      for (const { task, number, admitted } of tasks)
        this.#listeners.becameDurable(held.log, number, task.sender, lastHeads(admitted));
    }
    for (const one of waiting) {
      if (one.type === "claim") one.resolve();
      else this.#answer(one);
    }
  }

  #answer({ task, held, admitted, refused, gap }: CheckedTask): void {
    this.#counts.blocksAdmitted += admitted.length;
    this.#counts.blocksRefused += refused.length;
    for (const { changes } of admitted) this.#counts.changesAdmitted += changes.length;
    const heads = gap || admitted.length === 0 ? held.durableHeads : lastHeads(admitted);
    task.resolve({ heads, refused, gap });
  }
}

/** The tasks that brought something, by their logs. */
function byLog<Item extends CheckedTask>(tasks: readonly Item[]): ReadonlyMap<HeldLog, readonly Item[]> {
  const groups = new Map<HeldLog, Item[]>();
  for (const task of tasks) {
    if (task.admitted.length === 0) continue;
    const group = groups.get(task.held);
    if (group === undefined) groups.set(task.held, [task]);
    else group.push(task);
  }
  return groups;
}

function namesBytes(log: LogName, streams: number): number {
  return 3 * log.length + streams * streamNameBytes;
}

/** About what a block takes of the memory until it is committed. */
function costOf({ header, changes }: AdmittedBlock): number {
  return header.payloadBytes + changes.length * changeCostBytes;
}

/** Adds a block that was admitted, and notes what it closes. */
export function appendBlock(blocks: BlockStore, log: LogName, block: AdmittedBlock): void {
  const { stream, seq, closes } = block.header;
  blocks.append(log, stream, {
    seq,
    hash: block.hash,
    changeCount: block.changes.length,
    bytes: block.bytes,
  });
  if (closes !== null) blocks.close(log, `${deviceOf(stream)}.${closes.epoch}`, closes.seq);
}

function lastHeads(admitted: readonly AdmittedBlock[]): readonly StreamHead[] {
  const last = new Map<StreamName, StreamHead>();
  for (const { header, hash } of admitted)
    last.set(header.stream, { stream: header.stream, seq: header.seq, tag: tagOf(hash) });
  return [...last.values()];
}

function rollBack(held: HeldLog): void {
  try {
    held.rolledBack();
  } catch {
    // Who sent this has heard that it failed. The rows are read before the next update is looked at.
  }
}
