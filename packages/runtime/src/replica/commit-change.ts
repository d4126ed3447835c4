import { toHex } from "@darksync/core/bytes";
import {
  type Change,
  changeId,
  currentRules,
  encodeChange,
  maxChangeBytes,
  nonceBytes,
} from "@darksync/core/change";
import { effectsOfChange, Fold, type Folded } from "@darksync/core/fold";
import { compareTimestamps, type Timestamp, tick } from "@darksync/core/hlc";
import type { Op } from "@darksync/core/op/op";
import { type ChangeId, changeOf, type OpId } from "@darksync/core/op-id";
import type { Assignment, RegisterType } from "@darksync/core/register";
import { failure, type Result, success } from "@darksync/core/result";
import type { LogName } from "@darksync/core/vector";
import { bringBackShown } from "../cache/bring-back.js";
import { updateDependencies } from "../dependency/update.js";
import { EvictedError } from "../store/evicted-error.js";
import type { ReplicaTables } from "../store/store.js";
import { queueChange } from "./push-queue.js";
import { notKept, type Replica, refoldWaitsKey } from "./replica.js";

// The next nonce of each replica that this process has open.
const nonces = new WeakMap<Replica, Uint8Array>();

/** Changes that this device is known to have made: that never changes, so each is looked up once. */
const ownChanges = new WeakMap<Replica, Set<ChangeId>>();
const mostOwnKept = 50_000;

/** Changes made in one transaction: each is durable, folded and queued when the transaction is (S1). */
export class Commit {
  readonly #replica: Replica;
  readonly #tables: ReplicaTables;
  readonly #fold: Fold;
  #clock: Timestamp;
  #checkedLog: LogName | null = null;

  constructor(replica: Replica, tables: ReplicaTables) {
    this.#replica = replica;
    this.#tables = tables;
    this.#fold = new Fold(tables.packages, replica);
    this.#clock = readClock(replica, tables);
  }

  /** Adds a change to a log. A refusal leaves the transaction as it was. */
  add(log: LogName, ops: readonly Op[]): Result<ChangeId> {
    const elsewhere = this.#checkedLog === log ? null : notKept(this.#tables, log);
    if (elsewhere !== null) return elsewhere;
    this.#checkedLog = log;
    const nowMs = this.#replica.clock();
    const time = tick(this.#clock, nowMs);
    const change: Change = { rules: currentRules, nonce: this.#nextNonce(), time, ops };
    const { device, hash } = this.#replica;
    const effects = effectsOfChange(hash, { device, log, change });
    if (typeof effects === "string")
      return failure("invalid-change", effects, "Correct it and save again; nothing was changed.");
    const bytes = encodeChange(change);
    if (bytes.length > maxChangeBytes) {
      return failure(
        "change-too-large",
        `the change is larger than ${maxChangeBytes / 1024} KiB`,
        "Save it in smaller parts.",
      );
    }
    this.#clock = time;
    const id = changeId(hash, device, log, bytes);
    const number = this.#tables.changes.add({
      id,
      device,
      log,
      time,
      receivedAtMs: nowMs,
      isSkewed: false,
      place: null,
      setAside: null,
      bytes,
    });
    noteOwn(this.#replica, id);
    this.#fold.apply(id, effects, true);
    queueChange(this.#replica, this.#tables, log, number);
    return success(id);
  }

  // By chance at first, then counted up: as unlike as chance would make them, but neighbours compress well.
  #nextNonce(): string {
    const nonce = nonces.get(this.#replica) ?? this.#replica.random(nonceBytes);
    nonces.set(this.#replica, nonce);
    const hex = toHex(nonce);
    for (let place = nonce.length - 1; place >= 0; place -= 1) {
      const byte = ((nonce[place] ?? 0) + 1) % 256;
      nonce[place] = byte;
      if (byte !== 0) break;
    }
    return hex;
  }

  /** Writes what the changes came to. Call it once, after the last `add`. */
  finish(): void {
    const { evictedTexts } = this.#replica;
    evictedTexts.leniently(() => {
      const folded = this.#fold.finish();
      bringBackShown(this.#tables, folded.locations);
      this.#updateDependencies(folded);
    });
  }

  // What it compares with may have been evicted: a save does not wait for it, the next sync makes up for it.
  #updateDependencies(folded: Folded): void {
    try {
      updateDependencies(this.#replica, this.#tables, folded);
    } catch (error) {
      if (!(error instanceof EvictedError)) throw error;
      this.#tables.meta.set(refoldWaitsKey, "yes");
    }
  }
}

/** Commits one change in a transaction of its own. */
export async function commitChange(
  replica: Replica,
  build: (tables: ReplicaTables) => Result<{ readonly log: LogName; readonly ops: readonly Op[] }>,
): Promise<Result<ChangeId>> {
  return replica.store.write((tables) => {
    const built = build(tables);
    if (!built.ok) return built;
    const commit = new Commit(replica, tables);
    const added = commit.add(built.value.log, built.value.ops);
    commit.finish();
    return added;
  });
}

/**
 * The ids that an op made now has to supersede (O1): the heads seen and, past a head of another device that the
 * relay has not acknowledged and may yet refuse, also what that one replaced.
 */
export function supersededBy<Type extends RegisterType>(
  replica: Replica,
  tables: ReplicaTables,
  heads: readonly Assignment<Type>[],
): readonly OpId[] {
  const [head] = heads;
  if (head === undefined) return [];
  // Nearly every save replaces one head.
  if (heads.length === 1)
    return mayBeRefused(replica, tables, head) ? [head.id, ...head.supersedes] : [head.id];
  const ids = new Set<OpId>();
  for (const head of heads) {
    ids.add(head.id);
    if (mayBeRefused(replica, tables, head)) for (const id of head.supersedes) ids.add(id);
  }
  return [...ids];
}

/** Whether another device made it and the relay has not acknowledged it. */
function mayBeRefused(replica: Replica, tables: ReplicaTables, { id }: Assignment): boolean {
  const change = changeOf(id);
  if (ownChanges.get(replica)?.has(change)) return false;
  const origin = tables.changes.origin(change);
  if (origin?.device === replica.device) noteOwn(replica, change);
  if (origin === null || origin.device === replica.device || origin.place === null) return false;
  return origin.place.seq > (tables.durable.durable(origin.log).get(origin.place.stream) ?? 0);
}

function noteOwn(replica: Replica, change: ChangeId): void {
  let own = ownChanges.get(replica);
  if (own === undefined || own.size >= mostOwnKept) {
    own = new Set();
    ownChanges.set(replica, own);
  }
  own.add(change);
}

/**
 * The replica's hybrid logical clock: what was written down when changes of others came, or the time of the own change
 * that came last, so that a save does not have to write it.
 */
export function readClock(
  { device }: Pick<Replica, "device">,
  { meta, changes }: Pick<ReplicaTables, "meta" | "changes">,
): Timestamp {
  const clock = meta.get("clock") ?? "0:0";
  const colon = clock.indexOf(":");
  const written = { wallMs: Number(clock.slice(0, colon)), counter: Number(clock.slice(colon + 1)) };
  const lastOwn = changes.lastOwnTime(device);
  return lastOwn !== null && compareTimestamps(lastOwn, written) > 0 ? lastOwn : written;
}

export function writeClock({ meta }: ReplicaTables, { wallMs, counter }: Timestamp): void {
  meta.set("clock", `${wallMs}:${counter}`);
}
