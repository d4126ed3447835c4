import type { Compression, Hash, Verify } from "@darksync/core/ports";
import { deviceOf, type StreamName } from "@darksync/core/stream";
import { isLogName, type LogName } from "@darksync/core/vector";
import { type AdmittedBlock, admitRuns } from "@darksync/log/admission";
import { firstHead } from "@darksync/log/head";
import { encodeAppends, parseAppends, type Run } from "@darksync/log/update";
import { tagOf } from "@darksync/sync/digest";
import type { StreamHead } from "@darksync/sync/message";
import { admissionView, headsOf, knownClients } from "../replica/log-view.js";
import type { RelayStore } from "../store/store.js";
import { type RefusedMessage, withoutInvalid, withoutStaleClosing } from "./without-invalid.js";

/** What a relay checks blocks with. */
export interface RelayPorts {
  readonly hash: Hash;
  readonly verify: Verify;
  readonly compression: Compression;
}

/** What became of an update, once it is durable. */
export interface Admitted {
  /** Streams that moved, or with a gap all streams of the log. */
  readonly heads: readonly StreamHead[];
  readonly refused: readonly RefusedMessage[];
  readonly gap: boolean;
}

/** Someone who wants to hear of a log's new blocks. */
export interface Listener {
  wants(log: LogName): boolean;
  /** New blocks, durable already. `heads` are the streams they moved. */
  onUpdate(log: LogName, update: Uint8Array, heads: readonly StreamHead[]): void;
}

/** Counts for the operator. */
export interface RelayCounts {
  blocksAdmitted: number;
  /** Blocks that came again; one cut connection repeats at most a batch. */
  blocksRepeated: number;
  blocksRefused: number;
  changesAdmitted: number;
  commits: number;
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

/**
 * One space on a relay: admits updates in the order they come, commits what came in meanwhile together, and passes
 * blocks on once they are durable. It keeps no documents: rows are the truth (L4).
 */
export class RelaySpace {
  readonly id: string;
  readonly store: RelayStore;
  readonly #ports: RelayPorts;
  readonly #counts: RelayCounts;
  readonly #listeners = new Set<Listener>();
  #tasks: Task[] = [];
  /** What is left of `maxNamesBytes`; null: not counted yet. */
  #namesLeft: number | null = null;
  #working: Promise<void> | null = null;

  constructor(id: string, store: RelayStore, ports: RelayPorts, counts: RelayCounts) {
    this.id = id;
    this.store = store;
    this.#ports = ports;
    this.#counts = counts;
  }

  /** Returns how to stop listening. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Checks an update and stores what is right of it. Fulfilled when that is durable. */
  admit(log: LogName, update: Uint8Array, sender: Listener | null): Promise<Admitted> {
    return new Promise((resolve, reject) => {
      this.#tasks.push({ log, update, sender, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  /** Fulfilled when nothing waits to be admitted. */
  async idle(): Promise<void> {
    while (this.#working !== null) await this.#working;
  }

  async #work(): Promise<void> {
    while (this.#tasks.length > 0) {
      const tasks = this.#tasks;
      this.#tasks = [];
      await this.#workOff(tasks);
    }
    this.#working = null;
  }

  /** One commit for the tasks that can go together: those whose logs differ, since each sees its log as stored. */
  async #workOff(tasks: readonly Task[]): Promise<void> {
    let group: CheckedTask[] = [];
    let bytes = 0;
    for (const task of tasks) {
      if (bytes > bytesPerCommit || group.some(({ log }) => log === task.log || log === "auth")) {
        await this.#commit(group);
        group = [];
        bytes = 0;
      }
      try {
        const checked = await this.#check(task);
        group.push({ ...checked, task });
        for (const block of checked.admitted) bytes += costOf(block);
      } catch (error) {
        task.reject(error);
      }
    }
    await this.#commit(group);
  }

  async #commit(group: readonly CheckedTask[]): Promise<void> {
    if (group.length === 0) return;
    try {
      await this.store.write(({ blocks }) => {
        for (const { log, admitted } of group) for (const block of admitted) appendBlock(blocks, log, block);
      });
      this.#counts.commits += 1;
      for (const checked of group) this.#finish(checked.task, checked);
    } catch (error) {
      this.#namesLeft = null;
      for (const { task } of group) task.reject(error);
    }
  }

  async #check({ log, update }: Task): Promise<Checked> {
    const { hash } = this.#ports;
    if (!isLogName(log)) return { log, admitted: [], refused: [], gap: false, whole: notALog };
    const parsed = this.store.read(({ blocks }) =>
      parseAppends(hash, firstHead, update, knownClients(hash, blocks, log)),
    );
    if (!parsed.ok) {
      if (parsed.refusal.code === "gap") return { log, admitted: [], refused: [], gap: true, whole: null };
      return { log, admitted: [], refused: [], gap: false, whole: parsed.refusal };
    }
    const admission = await this.store.read(({ blocks }) =>
      admitRuns(this.#ports, log, admissionView(hash, blocks, this.id, log), parsed.runs),
    );
    this.#countRepeated(log, parsed.runs);
    const { admitted: valid, refused } = withoutInvalid(hash, log, admission.admitted);
    const { admitted, refused: stale } = this.store.read(({ blocks }) =>
      withoutStaleClosing(log, (stream) => blocks.tip(log, stream)?.seq ?? 0, valid),
    );
    refused.push(...stale);
    for (const { stream, seq, problem } of admission.refused) {
      refused.push({
        type: "refused",
        log,
        stream,
        seq,
        code: problem.code,
        reason: problem.message,
        changes: [],
      });
    }
    // Nothing is stored of an update that came before its devices' introductions: the client sends those first.
    if (admission.waiting.length > 0)
      return { log, admitted: [], refused: [], gap: false, whole: notIntroduced };
    if (!this.#takeNames(log, admitted))
      return { log, admitted: [], refused: [], gap: false, whole: spaceFull };
    return { log, admitted, refused, gap: admission.askAgain.length > 0, whole: null };
  }

  /** Whether there is room for the names that the blocks bring; takes it. */
  #takeNames(log: LogName, admitted: readonly AdmittedBlock[]): boolean {
    const streams = admitted.filter(({ header }) => header.seq === 1).length;
    if (streams === 0) return true;
    const left = this.store.read(({ blocks }) => {
      this.#namesLeft ??= blocks
        .logs()
        .reduce((room, name) => room - namesBytes(name, blocks.tips(name).size), maxNamesBytes);
      const isNew = blocks.tips(log).size === 0;
      return this.#namesLeft - (isNew ? namesBytes(log, streams) : streams * streamNameBytes);
    });
    if (left < 0) return false;
    this.#namesLeft = left;
    return true;
  }

  #countRepeated(log: LogName, runs: readonly Run[]): void {
    const tips = this.store.read(({ blocks }) => blocks.tips(log));
    for (const { stream, firstSeq, blocks } of runs) {
      const held = tips.get(stream)?.seq ?? 0;
      this.#counts.blocksRepeated += Math.max(0, Math.min(held - firstSeq + 1, blocks.length));
    }
  }

  #finish(task: Task, checked: Checked): void {
    const { log, admitted, refused, gap, whole } = checked;
    if (whole !== null) {
      task.reject(new UpdateRefused(whole.code, whole.message));
      return;
    }
    this.#counts.blocksAdmitted += admitted.length;
    this.#counts.blocksRefused += refused.length;
    for (const { changes } of admitted) this.#counts.changesAdmitted += changes.length;
    const moved = movedHeads(admitted);
    if (admitted.length > 0) this.#tell(task.sender, log, admitted, moved);
    const heads = gap || moved.length === 0 ? this.store.read(({ blocks }) => headsOf(blocks, log)) : moved;
    task.resolve({ heads, refused, gap });
  }

  #tell(
    sender: Listener | null,
    log: LogName,
    admitted: readonly AdmittedBlock[],
    heads: readonly StreamHead[],
  ): void {
    const others = [...this.#listeners].filter((listener) => listener !== sender && listener.wants(log));
    if (others.length === 0) return;
    const update = encodeAppends(this.#ports.hash, firstHead, runsOf(admitted));
    for (const listener of others) listener.onUpdate(log, update, heads);
  }
}

interface Checked {
  readonly log: LogName;
  readonly admitted: readonly AdmittedBlock[];
  readonly refused: RefusedMessage[];
  readonly gap: boolean;
  /** Why the update was refused whole: it is no list of appends. */
  readonly whole: { readonly code: string; readonly message: string } | null;
}

interface CheckedTask extends Checked {
  readonly task: Task;
}

function namesBytes(log: LogName, streams: number): number {
  return 3 * log.length + streams * streamNameBytes;
}

/** About what a block takes of the memory until it is committed. */
function costOf({ header, changes }: AdmittedBlock): number {
  return header.payloadBytes + changes.length * changeCostBytes;
}

/** An update that is no list of appends at all; whoever sent it is not one of our clients. */
export class UpdateRefused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

function appendBlock(blocks: Parameters<typeof headsOf>[0], log: LogName, block: AdmittedBlock): void {
  const { stream, seq, closes } = block.header;
  blocks.append(log, stream, {
    seq,
    hash: block.hash,
    changeCount: block.changes.length,
    bytes: block.bytes,
  });
  if (closes !== null) blocks.close(log, `${deviceOf(stream)}.${closes.epoch}`, closes.seq);
}

const notALog = { code: "not-a-log", message: "no log can have that name" } as const;

const spaceFull = {
  code: "space-full",
  message: "the space has as many logs and devices' streams as it can hold",
} as const;

const notIntroduced = {
  code: "not-introduced",
  message: "a device has not introduced itself to this space",
} as const;

function movedHeads(admitted: readonly AdmittedBlock[]): readonly StreamHead[] {
  const last = new Map<StreamName, StreamHead>();
  for (const { header, hash } of admitted) {
    last.set(header.stream, { stream: header.stream, seq: header.seq, tag: tagOf(hash) });
  }
  return [...last.values()];
}

function runsOf(admitted: readonly AdmittedBlock[]): readonly Run[] {
  const runs = new Map<StreamName, { stream: StreamName; firstSeq: number; blocks: Uint8Array[] }>();
  for (const { header, bytes } of admitted) {
    const run = runs.get(header.stream);
    if (run === undefined) {
      runs.set(header.stream, { stream: header.stream, firstSeq: header.seq, blocks: [bytes] });
    } else {
      run.blocks.push(bytes);
    }
  }
  return [...runs.values()];
}
