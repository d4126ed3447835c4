import type { ChangeId } from "@darksync/core/op-id";
import type { Problem } from "@darksync/core/result";
import { deviceOf, type StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import { updateWaitingDependencies } from "../dependency/update.js";
import type { ReplicaTables } from "../store/store.js";
import { withDependents } from "./dependents.js";
import { giveUpBlocks } from "./epoch.js";
import { settlePushItems } from "./push-queue.js";
import { refold } from "./refold.js";
import type { Replica } from "./replica.js";

/** A block that the relay refused for good. */
export interface Refusal {
  readonly log: LogName;
  readonly stream: StreamName;
  readonly seq: number;
  readonly problem: Problem;
  /** The changes to blame; empty: all of the block's. */
  readonly changes: readonly ChangeId[];
}

/** What became of a refused block. */
export interface Parked {
  /** Changes that wait for a person now. */
  readonly parked: number;
  /** Whether the relay would be offered the same block again, and refuse it again. */
  readonly isStuck: boolean;
}

/** Refusals that are about the block's place and not about its changes: those only move to another epoch. */
const codesOfPlace: ReadonlySet<string> = new Set(["fork", "closed-stream", "broken-chain", "stale-closing"]);

/**
 * Refusals that are about the block's bytes: our blocks are in order, so these were damaged on the way, and the same
 * block is offered again on another connection.
 */
const codesOfBytes: ReadonlySet<string> = new Set([
  "malformed-block",
  "wrong-place",
  "misplaced-closing",
  "bad-signature",
  "bad-payload",
]);

/**
 * Parks the changes that a refusal names and what depends on them; the epoch ends at the last acknowledged block
 * and the other changes go into a new one (C3). A block of another device goes if the relay has another one in its
 * place or its epoch was closed before it; else it stays and is told of, as our own does if it came damaged.
 */
export function park(replica: Replica, refusal: Refusal): Promise<Parked> {
  const { log, stream, problem } = refusal;
  return replica.store.write((tables) => {
    const isOwn = deviceOf(stream) === replica.device;
    const isOfPlace = codesOfPlace.has(problem.code);
    if (!isOfPlace && (!isOwn || codesOfBytes.has(problem.code))) return { parked: 0, isStuck: true };
    const named = new Set(refusal.changes.length > 0 ? refusal.changes : changesOfBlock(tables, refusal));
    giveUpBlocks(replica, tables, log, stream, tables.durable.durable(log).get(stream) ?? 0);
    if (isOwn) updateWaitingDependencies(replica, tables);
    else refold(replica, tables);
    if (isOfPlace) return { parked: 0, isStuck: false };
    const unplaced = [...named].filter((id) => tables.changes.get(id)?.place === null);
    const parked = withDependents(replica, tables, log, unplaced);
    for (const id of parked) tables.changes.setParked(id, problem);
    settlePushItems(tables, log);
    return { parked: parked.size, isStuck: false };
  });
}

function changesOfBlock(tables: ReplicaTables, { log, stream, seq }: Refusal): readonly ChangeId[] {
  return tables.changes
    .placedAfter(stream, log, seq - 1)
    .filter((record) => record.place?.seq === seq)
    .map(({ id }) => id);
}

/** Lets parked changes wait for the next sync again. Returns how many there were. */
export function unparkAll(replica: Replica): Promise<number> {
  return replica.store.write((tables) => {
    const parked = tables.changes.parked();
    for (const { id } of parked) tables.changes.setParked(id, null);
    for (const log of new Set(parked.map((record) => record.log))) settlePushItems(tables, log);
    return parked.length;
  });
}
