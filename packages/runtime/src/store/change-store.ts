import type { Timestamp } from "@darksync/core/hlc";
import type { ChangeId } from "@darksync/core/op-id";
import type { Problem } from "@darksync/core/result";
import type { StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";

/** Where a change's bytes are: in a block, at `index` (from 0) of its payload. */
export interface ChangePlace {
  readonly stream: StreamName;
  readonly seq: number;
  readonly index: number;
}

/** A change as this replica knows it. */
export interface NewChange {
  readonly id: ChangeId;
  /** Public key, hex. */
  readonly device: string;
  readonly log: LogName;
  readonly time: Timestamp;
  /** When this replica first had it. */
  readonly receivedAtMs: number;
  /** Whether its clock was so far ahead that its time is doubtful (C4). */
  readonly isSkewed: boolean;
  /** Null while it waits unsigned. */
  readonly place: ChangePlace | null;
  /** Why it counts for nothing yet, or null (O7). */
  readonly setAside: string | null;
  /** Its bytes while it waits unsigned; null once a block holds them. */
  readonly bytes: Uint8Array | null;
}

export interface ChangeRecord extends NewChange {
  /** Counts up in the order in which this replica got its changes, own ones included. */
  readonly number: number;
  /** Why the relay refused it, or null (C3). */
  readonly parked: Problem | null;
}

// A doubtful time (C4) is no better than that of its arrival.
function timeMsOf({
  isSkewed,
  receivedAtMs,
  time,
}: Pick<NewChange, "isSkewed" | "receivedAtMs" | "time">): number {
  return isSkewed ? receivedAtMs : time.wallMs;
}

/** Orders changes: the latest in time first. */
export function laterFirst(left: ChangeRecord, right: ChangeRecord): number {
  return (
    timeMsOf(right) - timeMsOf(left) || right.time.counter - left.time.counter || right.number - left.number
  );
}

/** Where a change came from, and where it lies. */
export interface ChangeOrigin {
  readonly device: string;
  readonly log: LogName;
  /** Null while it waits unsigned. */
  readonly place: Pick<ChangePlace, "stream" | "seq"> | null;
}

/** A change that waits unsigned, as far as most want to know it. */
export interface WaitingChange {
  readonly number: number;
  readonly log: LogName;
  readonly bytes: Uint8Array;
}

/** A block by the number of its last change: when this replica had all of it. */
export interface Arrival {
  readonly log: LogName;
  readonly stream: StreamName;
  readonly seq: number;
  readonly number: number;
}

/** The changes that a replica holds. */
export interface ChangeStore {
  has(id: ChangeId): boolean;
  get(id: ChangeId): ChangeRecord | null;
  byNumber(number: number): ChangeRecord | null;
  /** Part of what `get` gives, in less time: every save asks for it. */
  origin(id: ChangeId): ChangeOrigin | null;
  /** The time of the latest change, if this device made it. */
  lastOwnTime(device: string): Timestamp | null;
  /** Up to `limit` changes whose id begins with this. */
  withPrefix(idPrefix: string, limit: number): readonly ChangeRecord[];
  /** Adds a change; returns its number. The caller has seen to it that it is not there. */
  add(change: NewChange): number;
  /** The latest changes, newest first, before the number `before` if given. */
  latest(limit: number, before?: number): readonly ChangeRecord[];
  /** Of the changes with numbers up to `last`, `limit` after the first `skip`, in the order of `laterFirst`. */
  latestInTime(last: number, limit: number, skip: number): readonly ChangeRecord[];
  /** Changes that wait unsigned and are not parked, in order, of one log and with numbers from `first` to `last`. */
  unsigned(log: LogName, first: number, last: number, limit: number): readonly ChangeRecord[];
  /**
   * Those after the number `after` (0: all) that wait unsigned, parked ones too, in order: what a look at each takes. All,
   * or the first `limit`.
   */
  waiting(after: number, limit?: number): readonly WaitingChange[];
  /** How many wait unsigned, parked ones not counted. */
  countUnsigned(log: LogName): number;
  /** How many of a log's changes with numbers from `first` to `last` this device made. */
  countOwn(log: LogName, device: string, first: number, last: number): number;
  /** Logs with changes that wait unsigned and are not parked. */
  logsWithUnsigned(): readonly LogName[];
  /** A block holds it now: the bytes go. */
  place(id: ChangeId, place: ChangePlace): void;
  /** Its block counts nowhere: it waits unsigned again. */
  unplace(id: ChangeId, bytes: Uint8Array): void;
  /** Changes that lie in blocks of a stream after `seq`, in order. */
  placedAfter(stream: StreamName, log: LogName, seq: number): readonly ChangeRecord[];
  /** The same in order of number, the first `limit` after the number `after`: there may be more than fit in memory. */
  placedPage(
    stream: StreamName,
    log: LogName,
    seq: number,
    after: number,
    limit: number,
  ): readonly ChangeRecord[];
  /** The blocks with a change of a number after `number`, in order of the numbers of their last changes. */
  arrivals(number: number): readonly Arrival[];
  setParked(id: ChangeId, problem: Problem | null): void;
  parked(): readonly ChangeRecord[];
  setSetAside(id: ChangeId, reason: string | null): void;
  setAside(): readonly ChangeRecord[];
  remove(id: ChangeId): void;
  /** Every change in order of number, `limit` at a time after the number `after` (0 at first). */
  after(after: number, limit: number): readonly ChangeRecord[];
  count(): number;
}
