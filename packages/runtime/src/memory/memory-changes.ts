import type { Timestamp } from "@darksync/core/hlc";
import type { ChangeId } from "@darksync/core/op-id";
import type { Problem } from "@darksync/core/result";
import type { StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import {
  type Arrival,
  type ChangeOrigin,
  type ChangePlace,
  type ChangeRecord,
  type ChangeStore,
  laterFirst,
  type NewChange,
  type WaitingChange,
} from "../store/change-store.js";
import { type Journal, JournaledMap } from "./journal.js";

/** The changes that a replica holds, in memory. */
export class MemoryChanges implements ChangeStore {
  readonly #records: JournaledMap<number, ChangeRecord>;
  readonly #numbers: JournaledMap<ChangeId, number>;
  /** Numbers of the changes that wait unsigned, parked ones too, with their logs. */
  readonly #waiting: JournaledMap<number, LogName>;
  readonly #last: JournaledMap<"number", number>;

  constructor(journal: Journal) {
    this.#records = new JournaledMap(journal);
    this.#numbers = new JournaledMap(journal);
    this.#waiting = new JournaledMap(journal);
    this.#last = new JournaledMap(journal);
  }

  has(id: ChangeId): boolean {
    return this.#numbers.has(id);
  }

  get(id: ChangeId): ChangeRecord | null {
    return this.byNumber(this.#numbers.get(id) ?? 0);
  }

  byNumber(number: number): ChangeRecord | null {
    return this.#records.get(number) ?? null;
  }

  origin(id: ChangeId): ChangeOrigin | null {
    const record = this.get(id);
    if (record === null) return null;
    const { device, log, place } = record;
    return { device, log, place: place === null ? null : { stream: place.stream, seq: place.seq } };
  }

  lastOwnTime(device: string): Timestamp | null {
    const [last] = this.latest(1);
    return last?.device === device ? last.time : null;
  }

  withPrefix(idPrefix: string, limit: number): readonly ChangeRecord[] {
    const ids = this.#numbers.keys().filter((id) => id.startsWith(idPrefix));
    return ids
      .sort()
      .slice(0, limit)
      .map((id) => this.#own(id));
  }

  add(change: NewChange): number {
    if (this.has(change.id)) throw new Error(`change ${change.id} is there already`);
    if ((change.place === null) !== (change.bytes !== null)) {
      throw new Error(`change ${change.id} must have either a place or bytes`);
    }
    const number = this.#lastNumber() + 1;
    this.#last.set("number", number);
    this.#numbers.set(change.id, number);
    this.#keep({ ...change, number, parked: null });
    return number;
  }

  latest(limit: number, before?: number): readonly ChangeRecord[] {
    const records: ChangeRecord[] = [];
    let number = Math.min(before ?? Number.POSITIVE_INFINITY, this.#lastNumber() + 1) - 1;
    for (; number > 0 && records.length < limit; number -= 1) {
      const record = this.byNumber(number);
      if (record !== null) records.push(record);
    }
    return records;
  }

  latestInTime(last: number, limit: number, skip: number): readonly ChangeRecord[] {
    return this.after(0, Number.MAX_SAFE_INTEGER)
      .filter(({ number }) => number <= last)
      .sort(laterFirst)
      .slice(skip, skip + limit);
  }

  unsigned(log: LogName, first: number, last: number, limit: number): readonly ChangeRecord[] {
    return this.#unsigned()
      .filter((record) => record.log === log && record.number >= first && record.number <= last)
      .slice(0, limit);
  }

  waiting(after: number, limit: number = Number.MAX_SAFE_INTEGER): readonly WaitingChange[] {
    const waiting = this.#waiting.keys().flatMap((number) => this.byNumber(number) ?? []);
    return this.#ordered(waiting)
      .flatMap(({ number, log, bytes }) =>
        bytes === null || number <= after ? [] : [{ number, log, bytes }],
      )
      .slice(0, limit);
  }

  countUnsigned(log: LogName): number {
    return this.#unsigned().filter((record) => record.log === log).length;
  }

  countOwn(log: LogName, device: string, first: number, last: number): number {
    let count = 0;
    for (const record of this.#records.values()) {
      const isIn = record.number >= first && record.number <= last;
      if (isIn && record.log === log && record.device === device) count += 1;
    }
    return count;
  }

  logsWithUnsigned(): readonly LogName[] {
    return [...new Set(this.#unsigned().map((record) => record.log))].sort();
  }

  place(id: ChangeId, place: ChangePlace): void {
    this.#keep({ ...this.#own(id), place, bytes: null });
  }

  unplace(id: ChangeId, bytes: Uint8Array): void {
    this.#keep({ ...this.#own(id), place: null, bytes });
  }

  placedAfter(stream: StreamName, log: LogName, seq: number): readonly ChangeRecord[] {
    const placed = this.#records.values().flatMap((record) => {
      const { place } = record;
      const isAfter = place !== null && record.log === log && place.stream === stream && place.seq > seq;
      return isAfter ? [{ record, place }] : [];
    });
    return placed
      .sort((left, right) => left.place.seq - right.place.seq || left.place.index - right.place.index)
      .map(({ record }) => record);
  }

  placedPage(
    stream: StreamName,
    log: LogName,
    seq: number,
    after: number,
    limit: number,
  ): readonly ChangeRecord[] {
    return this.#ordered(this.placedAfter(stream, log, seq))
      .filter(({ number }) => number > after)
      .slice(0, limit);
  }

  arrivals(number: number): readonly Arrival[] {
    const arrivals = new Map<string, Arrival>();
    for (const { place, log, number: last } of this.#ordered(this.#records.values())) {
      if (place === null || last <= number) continue;
      const { stream, seq } = place;
      arrivals.set(`${log} ${stream} ${seq}`, { log, stream, seq, number: last });
    }
    return [...arrivals.values()].sort((left, right) => left.number - right.number);
  }

  setParked(id: ChangeId, problem: Problem | null): void {
    this.#keep({ ...this.#own(id), parked: problem });
  }

  parked(): readonly ChangeRecord[] {
    return this.#ordered(this.#records.values().filter((record) => record.parked !== null));
  }

  setSetAside(id: ChangeId, reason: string | null): void {
    this.#keep({ ...this.#own(id), setAside: reason });
  }

  setAside(): readonly ChangeRecord[] {
    return this.#ordered(this.#records.values().filter((record) => record.setAside !== null));
  }

  remove(id: ChangeId): void {
    const { number } = this.#own(id);
    this.#numbers.delete(id);
    this.#records.delete(number);
    this.#waiting.delete(number);
  }

  after(after: number, limit: number): readonly ChangeRecord[] {
    const records: ChangeRecord[] = [];
    for (let number = after + 1; number <= this.#lastNumber() && records.length < limit; number += 1) {
      const record = this.byNumber(number);
      if (record !== null) records.push(record);
    }
    return records;
  }

  count(): number {
    return this.#records.size;
  }

  #keep(record: ChangeRecord): void {
    this.#records.set(record.number, record);
    if (record.place === null) this.#waiting.set(record.number, record.log);
    else this.#waiting.delete(record.number);
  }

  #unsigned(): readonly ChangeRecord[] {
    const records = this.#waiting.keys().flatMap((number) => this.byNumber(number) ?? []);
    return this.#ordered(records.filter((record) => record.parked === null));
  }

  #ordered(records: readonly ChangeRecord[]): readonly ChangeRecord[] {
    return [...records].sort((left, right) => left.number - right.number);
  }

  #lastNumber(): number {
    return this.#last.get("number") ?? 0;
  }

  #own(id: ChangeId): ChangeRecord {
    const record = this.get(id);
    if (record === null) throw new Error(`no change ${id}`);
    return record;
  }
}
