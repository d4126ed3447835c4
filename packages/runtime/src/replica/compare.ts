import { failure, type Result, success } from "@darksync/core/result";
import { deviceOf } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";
import { spaceDigest } from "@darksync/sync/digest";
import { type Hello, protocolVersion, type Welcome } from "@darksync/sync/message";
import type { Ask } from "@darksync/sync/replica-state";
import { authFirst, inExchangeOrder, isWanted } from "@darksync/sync/wanted";
import type { ReplicaTables } from "../store/store.js";
import { acknowledgeAll } from "./acknowledge.js";
import { relayKeyName } from "./clone-manifest.js";
import { giveUpBlocks } from "./epoch.js";
import { digestsOf, stateVectorOf, vectorOf } from "./log-view.js";
import { logsOf, queueUncovered } from "./push-queue.js";
import { refold } from "./refold.js";
import { type Replica, readFacts } from "./replica.js";
import { headName } from "./sealed-heads.js";

const noDigest = "00".repeat(32);

/** What a replica greets its relay with. `isFull`: it wants to hear of every log, whatever it holds. */
export function helloOf(replica: Replica, isFull: boolean): Hello {
  return replica.store.read((tables) => {
    const { space, only, wasAcknowledged } = readFacts(tables);
    const logs = tables.blocks.logs().filter((log) => isWanted(log, only));
    return {
      type: "hello",
      version: protocolVersion,
      space,
      isNew: !wasAcknowledged,
      device: replica.device,
      only,
      digest: isFull ? noDigest : spaceDigest(replica.hash, digestsOf(replica.hash, tables.blocks, logs)),
    };
  });
}

/** What there is to exchange with a relay. */
export interface Comparison {
  readonly asks: readonly Ask[];
  readonly offers: readonly LogName[];
  readonly pushed: number;
}

/**
 * Compares what is held here with what the relay's welcome says; a new space becomes the relay's (P3). `isFull`:
 * everything is asked for, whatever is held. `link`: the relay's URL, which this replica is linked to from now on.
 */
export async function compareWithRelay(
  replica: Replica,
  welcome: Welcome,
  isFull: boolean,
  link: string | null,
): Promise<Result<Comparison>> {
  const joined = await replica.store.write((tables) => {
    const result = joinSpace(replica, tables, welcome.space);
    if (result.ok && link !== null) linkTo(replica, tables, link);
    return result;
  });
  if (!joined.ok) return joined;
  const { waiting, asks, equal } = replica.store.read((tables) =>
    differences(replica, tables, welcome, isFull),
  );
  const pushed = equal.length > 0 ? await acknowledgeAll(replica, equal) : 0;
  return success({ asks, offers: waiting, pushed });
}

function differences(
  replica: Replica,
  tables: ReplicaTables,
  welcome: Welcome,
  isFull: boolean,
): {
  readonly waiting: readonly LogName[];
  readonly asks: readonly Ask[];
  readonly equal: readonly LogName[];
} {
  const { hash } = replica;
  const held = logsOf(tables);
  const { only } = readFacts(tables);
  const waiting = logsInQueueOrder(tables);
  if (isFull) {
    const nothing = stateVectorOf(hash, new Map());
    const logs = inExchangeOrder([...welcome.logs.map(({ log }) => log), ...tables.blocks.logs()]);
    return { waiting, asks: logs.map((log) => ({ log, stateVector: nothing })), equal: [] };
  }
  if (welcome.isEqual)
    return { waiting, asks: [], equal: tables.blocks.logs().filter((log) => isWanted(log, only)) };
  const theirs = new Map(welcome.logs.map(({ log, digest }) => [log, digest]));
  const ours = new Map(digestsOf(hash, tables.blocks, held).map(({ log, digest }) => [log, digest]));
  const asks: Ask[] = [];
  const equal: LogName[] = [];
  for (const log of authFirst([...waiting, ...inExchangeOrder([...theirs.keys(), ...held])])) {
    if (ours.get(log) === theirs.get(log)) {
      if (ours.has(log)) equal.push(log);
    } else if (isWanted(log, only) || ours.has(log)) {
      asks.push({ log, stateVector: stateVectorOf(hash, vectorOf(tables.blocks, log)) });
    }
  }
  return { waiting, asks, equal };
}

/** The logs with changes that wait unsigned, as the queue has them. */
function logsInQueueOrder({ queue, changes }: ReplicaTables): readonly LogName[] {
  const waiting = changes.logsWithUnsigned();
  const queued = queue.list().flatMap(({ task }) => (task.type === "push_ops" ? [task.log] : []));
  return [...new Set([...queued.filter((log) => waiting.includes(log)), ...waiting])];
}

/** What another relay has durably says nothing of this one: all is pending until this one says that it has it (L5). */
function linkTo(replica: Replica, tables: ReplicaTables, link: string): void {
  const { relay: before } = readFacts(tables);
  if (before === link) return;
  tables.meta.set("relay", link);
  if (before === null) return;
  // Another relay has its own key and its own segments.
  tables.meta.set(relayKeyName, null);
  tables.meta.set("lastSyncedAtMs", null);
  for (const log of logsOf(tables)) {
    tables.meta.set(`lastSyncedAtMs ${log}`, null);
    tables.meta.set(headName(log), null);
    tables.durable.setDurable(log, new Map());
    queueUncovered(replica, tables, log);
  }
}

function joinSpace(replica: Replica, tables: ReplicaTables, space: string): Result<null> {
  const facts = readFacts(tables);
  if (facts.space === space) return success(null);
  if (facts.wasAcknowledged) {
    return failure(
      "space-mismatch",
      `the relay has the space ${space.slice(0, 8)}, this is ${facts.space.slice(0, 8)}`,
      "Use the relay this space was synced with, or `darklang join URL DIR` for a copy of the other one.",
    );
  }
  // Blocks signed for the old space are valid nowhere now; their changes keep their ids.
  let hasOthers = false;
  for (const log of tables.blocks.logs()) {
    for (const stream of tables.blocks.tips(log).keys()) {
      hasOthers ||= deviceOf(stream) !== replica.device;
      giveUpBlocks(replica, tables, log, stream, 0);
    }
    tables.meta.set(`closing ${log}`, null);
  }
  // A first pull that was cut leaves changes of others, and they went now.
  if (hasOthers) refold(replica, tables);
  tables.meta.set("space", space);
  return success(null);
}
