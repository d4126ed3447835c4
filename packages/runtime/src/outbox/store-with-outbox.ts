import type { ChangeId } from "@darksync/core/op-id";
import type { Hash } from "@darksync/core/ports";
import { countPending, logsOf } from "../replica/push-queue.js";
import type { WaitingChange } from "../store/change-store.js";
import type { OutboxJournal } from "../store/outbox-journal.js";
import { type ReplicaStore, type ReplicaTables, StoreError } from "../store/store.js";
import { homeDamaged, readHome, soundHomeTag, writeHomeTag } from "./home.js";
import { NotedWrites, notingTables } from "./noted-writes.js";
import {
  forgetDropped,
  lostChanges,
  noteDropped,
  type OutboxChange,
  type OutboxContent,
  readOutbox,
  readOutboxInSteps,
} from "./outbox-content.js";
import {
  encodeRecords,
  encodeRecordsFor,
  type Home,
  homeTag,
  markAtEnd,
  markRecordBytes,
  type OutboxMark,
  type OutboxRecord,
  recordHash,
} from "./outbox-record.js";
import { idOf, type OwnPorts, ownPending } from "./own-pending.js";

/** What a store with an outbox needs beside the store. */
export interface OutboxPorts extends OwnPorts {
  readonly journal: OutboxJournal;
  /** Hears that the outbox could not be written: what was saved is safe in the store, and it is tried again. */
  readonly onTrouble: (error: unknown) => void;
  /** Calls back when others have had their turn. */
  readonly afterTurn: (callback: () => void) => void;
}

type ChangeRecord = Extract<OutboxRecord, { type: "change" }>;

/** Smaller ones are left as they are, whatever was acknowledged of them. */
const compactFromBytes = 64 * 1024;
/** Nobody can save while it is written anew: as long as more is pending, the file is left as long as it is. */
const mostKept = 20_000;
const nothingFound: OutboxContent = { home: null, changes: [], damagedBytes: 0 };
/** So much of the outbox is written at once. */
const partBytes = 256 * 1024;

/**
 * A replica's store that keeps its outbox (S8): every own change that no relay has acknowledged, and the way home. The
 * outbox is written after a transaction is durable, so that one that failed never comes back; what a process that died
 * in between left out is found by the next one that opens it.
 */
export class StoreWithOutbox implements ReplicaStore {
  readonly #store: ReplicaStore;
  readonly #ports: OutboxPorts;
  readonly #recordHash: Hash;
  #noted = new NotedWrites();
  /** The tables of the store, and those that note what is written to them. */
  #tables: { readonly plain: ReplicaTables; readonly noting: ReplicaTables } | null = null;
  /** The mark at the end of the outbox when it had so many bytes. */
  #known: { readonly size: number; readonly mark: OutboxMark } | null = null;
  /** Acknowledged changes since the outbox was written anew, as far as this process saw them. */
  #acknowledged = 0;
  /** How many more of them it takes before it can be time to write it anew. */
  #untilLook = 0;
  #isCompacting = false;
  #isClosed = false;

  constructor(store: ReplicaStore, ports: OutboxPorts) {
    this.#store = store;
    this.#ports = ports;
    this.#recordHash = recordHash(ports.hash, ports.device);
  }

  write<Value>(work: (tables: ReplicaTables) => Value): Promise<Value> {
    let noted = new NotedWrites();
    // Not in an async function: a write within another one throws at once.
    const written = this.#store.write((tables) => {
      noted = new NotedWrites();
      this.#noted = noted;
      const value = work(this.#noting(tables));
      if (noted.isHomeChanged) writeHomeTag(this.#ports.hash, tables.meta);
      if (noted.dropped.length > 0) noteDropped(tables.meta, noted.dropped);
      return value;
    });
    return written.then((value) => {
      const kept = this.#keep(noted);
      return kept === null ? value : kept.then(() => value);
    });
  }

  read<Value>(work: (tables: ReplicaTables) => Value): Value {
    return this.#store.read(work);
  }

  close(): void {
    this.#isClosed = true;
    this.#ports.journal.close();
    this.#store.close();
  }

  /**
   * Adds to the outbox what it lacks of the store. Cheap where it lacks nothing. Rejects with a `StoreError` if the
   * store lacks what was saved, or its way home or a change that waits is not what was written there: then the outbox's
   * may be the good one.
   */
  async bringUpToDate(): Promise<void> {
    await this.#orTell(() => {
      const mark = this.#mark();
      const { missing, tag, hasLast } = this.#store.read((tables) => ({
        missing: mark === null ? [] : this.#missing(tables, mark),
        tag: soundHomeTag(this.#ports.hash, tables.meta),
        hasLast: mark === null || mark.upTo === 0 || tables.changes.byNumber(mark.upTo) !== null,
      }));
      if (tag === null) throw homeDamaged();
      if (!hasLast) this.#store.read((tables) => this.#checkLost(tables));
      if (mark === null || mark.home !== tag || !hasLast) return this.rewrite();
      if (missing.length > 0) this.#append(missing.map(recordOf), upTo(mark, missing), mark.home);
    }, true);
  }

  /** The last change in the outbox is not in the store: it was discarded, or the store lost it. */
  #checkLost(tables: ReplicaTables): void {
    const lost = this.#lostIn(tables).length;
    if (lost > 0) throw changesLost(lost);
  }

  /**
   * Writes the outbox anew: the way home, what no relay has acknowledged, and what the store lost. Rejects with a
   * `StoreError` where what the store has is damaged, and leaves the outbox as it is.
   */
  rewrite(): Promise<void> {
    // Within a transaction that nobody else can write beside: what others append afterwards comes behind it.
    return this.#store.write((tables) => {
      writeHomeTag(this.#ports.hash, tables.meta);
      this.#replace(tables, this.#lostIn(tables));
      forgetDropped(tables.meta);
    });
  }

  #noting(tables: ReplicaTables): ReplicaTables {
    if (this.#tables?.plain !== tables)
      this.#tables = { plain: tables, noting: notingTables(tables, this.#ports.device, () => this.#noted) };
    return this.#tables.noting;
  }

  /** Null where it is done: most transactions have nothing to wait for. */
  #keep(noted: NotedWrites): Promise<void> | null {
    try {
      if (noted.acknowledged === null && (noted.isNothing || this.#keepNoted(noted))) return null;
    } catch (error) {
      this.#ports.onTrouble(error);
      return null;
    }
    return this.#orTell(async () => {
      if (noted.acknowledged !== "more") return this.rewrite();
      if (!noted.isNothing && !this.#keepNoted(noted)) return this.rewrite();
      await this.#compact(noted.acknowledgedCount);
    });
  }

  /** False if the end of the outbox is not what it should be. */
  #keepNoted(noted: NotedWrites): boolean {
    const mark = this.#mark();
    if (mark === null) return false;
    // Another process may have died before it could write, or is just about to: what it left out goes along.
    const isInStep = noted.firstNew === null || mark.upTo === noted.firstNew - 1;
    const changes = isInStep ? noted.changes : this.#withMissing(noted.changes, mark);
    const records: OutboxRecord[] = [...changes];
    for (const id of noted.dropped) records.push({ type: "dropped", id });
    let { home } = mark;
    if (noted.isHomeChanged) {
      const values = this.#store.read(({ meta }) => readHome(meta));
      records.unshift({ type: "home", home: values });
      home = homeTag(this.#ports.hash, values);
    }
    this.#append(records, upTo(mark, changes), home);
    return true;
  }

  #withMissing(changes: readonly ChangeRecord[], mark: OutboxMark): readonly ChangeRecord[] {
    const missing = this.#store.read((tables) => this.#missing(tables, mark)).map(recordOf);
    return [...new Map([...missing, ...changes].map((change) => [change.number, change])).values()];
  }

  /** Once more was acknowledged than is pending, only that is kept. */
  async #compact(acknowledgedCount: number): Promise<void> {
    this.#acknowledged += acknowledgedCount;
    this.#untilLook -= acknowledgedCount;
    // Counting what is pending is a look at all of it.
    if (this.#untilLook > 0 || this.#isCompacting || this.#ports.journal.size() < compactFromBytes) return;
    const pending = this.#store.read((tables) =>
      logsOf(tables).reduce((sum, log) => sum + countPending(tables, log), 0),
    );
    this.#untilLook = Math.max(pending - mostKept, (pending - this.#acknowledged) / 2);
    if (this.#untilLook > 0) return;
    this.#isCompacting = true;
    try {
      const lost = await this.#lookForLost();
      if (this.#isClosed) return;
      await this.#store.write((tables) => this.#replace(tables, lostChanges(tables, lost)));
    } finally {
      this.#isCompacting = false;
    }
    this.#acknowledged = 0;
    this.#untilLook = pending / 2;
  }

  /**
   * Looks through the outbox for what the store does not have, before others have to wait for the writing and letting
   * them have their turns: it takes seconds for a million changes, and the relay wants to be answered.
   */
  async #lookForLost(): Promise<Pick<OutboxContent, "changes">> {
    const { hash, journal, device, afterTurn } = this.#ports;
    const isLost = (id: ChangeId) => this.#store.read(({ changes }) => !changes.has(id));
    const steps = readOutboxInSteps(hash, journal, device, isLost);
    for (;;) {
      const step = this.#store.read(() => steps.next());
      if (step.done === true) return step.value;
      await new Promise<void>((resolve) => afterTurn(resolve));
      if (!this.#isClosed) continue;
      steps.return(nothingFound);
      return nothingFound;
    }
  }

  /** What waits in the store and came after the mark. What rotted there does not come into the outbox. */
  #missing(tables: ReplicaTables, { upTo: last }: OutboxMark): readonly WaitingChange[] {
    const waiting = tables.changes.waiting(last);
    return waiting.filter((change) => idOf(this.#ports, tables, change) !== null);
  }

  /** What the outbox has and the store should have: it is the last copy. */
  #lostIn(tables: ReplicaTables): readonly OutboxChange[] {
    const { hash, journal, device } = this.#ports;
    const isLost = (id: ChangeId) => !tables.changes.has(id);
    return lostChanges(tables, readOutbox(hash, journal, device, isLost));
  }

  #mark(): OutboxMark | null {
    const { journal } = this.#ports;
    const size = journal.size();
    if (this.#known?.size === size) return this.#known.mark;
    const mark = markAtEnd(this.#recordHash, journal.readEnd(markRecordBytes));
    this.#known = mark === null ? null : { size, mark };
    return mark;
  }

  #append(records: readonly OutboxRecord[], last: number, home: string): void {
    const { journal } = this.#ports;
    const mark = { upTo: last, home };
    const before = this.#known?.size ?? 0;
    this.#known = null;
    encodeRecordsFor(this.#recordHash, [...records, { type: "mark", mark }], (bytes) => {
      journal.append(bytes);
      this.#known = { size: before + bytes.length, mark };
    });
  }

  /** Keeps the way home, what no relay has acknowledged, and what the store lost, never all of it in memory. */
  #replace(tables: ReplicaTables, lost: readonly OutboxChange[]): void {
    const { journal, hash } = this.#ports;
    const home = readHome(tables.meta);
    const mark = { upTo: newest(tables), home: homeTag(hash, home) };
    this.#known = null;
    const records = this.#recordsToKeep(tables, lost, home, mark);
    const ownHash = this.#recordHash;
    let size = 0;
    const counted = function* (): Generator<Uint8Array> {
      for (const part of inParts(records)) {
        const bytes = encodeRecords(ownHash, part);
        size += bytes.length;
        yield bytes;
      }
    };
    journal.replace(counted());
    this.#known = { size, mark };
  }

  *#recordsToKeep(
    tables: ReplicaTables,
    lost: readonly OutboxChange[],
    home: Home,
    mark: OutboxMark,
  ): Generator<OutboxRecord> {
    yield { type: "home", home };
    for (const change of ownPending(this.#ports, tables)) yield recordOf(change);
    for (const change of lost) yield recordOf(change);
    yield { type: "mark", mark };
  }

  async #orTell(work: () => void | Promise<void>, mayThrow = false): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (mayThrow && error instanceof StoreError && error.code === "database-corrupt") throw error;
      this.#ports.onTrouble(error);
    }
  }
}

function* inParts(records: Iterable<OutboxRecord>): Generator<readonly OutboxRecord[]> {
  let part: OutboxRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    part.push(record);
    if (record.type === "change") bytes += record.bytes.length;
    if (bytes < partBytes) continue;
    yield part;
    part = [];
    bytes = 0;
  }
  if (part.length > 0) yield part;
}

function changesLost(count: number): StoreError {
  return new StoreError(
    "database-corrupt",
    `the database is damaged: it lacks ${count} of the changes that were saved in it`,
    "rebuild it from the outbox and the relay or a peer",
  );
}

function recordOf(change: {
  readonly number: number;
  readonly log: string;
  readonly bytes: Uint8Array;
}): ChangeRecord {
  return { type: "change", number: change.number, log: change.log, bytes: change.bytes };
}

function upTo(mark: OutboxMark, changes: readonly { readonly number: number }[]): number {
  let last = mark.upTo;
  for (const { number } of changes) last = Math.max(last, number);
  return last;
}

function newest({ changes }: ReplicaTables): number {
  return changes.latest(1)[0]?.number ?? 0;
}
