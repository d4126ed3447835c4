import { toHex } from "@darksync/core/bytes";
import type { Signer } from "@darksync/core/ports";
import type { Problem } from "@darksync/core/result";
import type { SyncStatus } from "@darksync/core/status";
import { deviceOf } from "@darksync/core/stream";
import { readDeviceKey } from "@darksync/node/device-key";
import { fileTime } from "@darksync/node/file-time";
import { OutboxFile } from "@darksync/node/outbox-file";
import {
  finishRebuilding,
  isReplacementDue,
  openDamagedStore,
  rebuildingPath,
  removeRebuilding,
  replaceDatabase,
} from "@darksync/node/sqlite/damaged-database";
import { openReplicaStore } from "@darksync/node/sqlite/replica-store";
import { readOutbox } from "@darksync/runtime/outbox/outbox-content";
import { queueAgain } from "@darksync/runtime/replica/change-bundle";
import { type Rebuilt, rebuild } from "@darksync/runtime/replica/rebuild";
import { openReplica, type Replica, readFacts } from "@darksync/runtime/replica/replica";
import { Salvage } from "@darksync/runtime/replica/salvage";
import type { SyncOutcome } from "@darksync/runtime/replica/sync-tally";
import { commonPorts } from "./common-ports.js";
import { checkSpace, type Health } from "./health.js";
import { mendRest } from "./mend.js";
import { unwrap } from "./problem-error.js";
import { type Progress, startProgress } from "./progress.js";
import { describeRebuild } from "./repair-text.js";
import { type Space, type SpacePaths, spaceOf, statusOfStore } from "./space.js";
import { SyncProgress } from "./sync-progress.js";
import { linkedRelay, newSession, withSyncLock } from "./sync-run.js";

/** What a repair did. */
export interface Repair {
  /** What is wrong still. */
  readonly health: Health;
  /** What was mended, in words. */
  readonly repaired: readonly string[];
  /** What could not be had, or must wait, in words. */
  readonly missing: readonly string[];
  /** Where the damaged database is kept; null if none had to be replaced. */
  readonly kept: string | null;
}

/** How a space is repaired. */
export interface RepairOptions {
  readonly isQuiet: boolean;
  readonly isOffline: boolean;
}

/**
 * Repairs what is wrong with a space (S8). A damaged database is made anew beside the old one, which is set aside when
 * the new one is whole: interrupted at any point, the next repair begins again or goes on.
 */
export async function repairSpace(paths: SpacePaths, options: RepairOptions): Promise<Repair> {
  const repair = await repairLocked(paths, options);
  const { health } = repair;
  // Read anew: while the lock was held, it looked as if a sync was running.
  return health.status === null ? repair : { ...repair, health: { ...health, status: statusNow(paths) } };
}

function statusNow(paths: SpacePaths): SyncStatus {
  const store = openReplicaStore(paths.database, { create: false });
  try {
    return statusOfStore(store, paths);
  } finally {
    store.close();
  }
}

function repairLocked(paths: SpacePaths, options: RepairOptions): Promise<Repair> {
  return withSyncLock({ paths }, async () => {
    if (isReplacementDue(paths.database)) {
      const kept = replaceDatabase(paths.database, fileTime());
      const repaired = ["The repair that was interrupted is finished: the new database is in place."];
      return { health: await checkSpace(paths, options.isQuiet), repaired, missing: [], kept };
    }
    const health = await checkSpace(paths, options.isQuiet);
    const signer = readDeviceKey(paths.key);
    if (!signer.ok || !health.problems.some(isOfDatabase)) return mendRest(paths, health, options.isQuiet);
    return rebuildSpace(paths, signer.value, options);
  });
}

/** Problems of which a rebuild is the cure. */
const databaseCodes: ReadonlySet<string> = new Set([
  "database-corrupt",
  "database-missing",
  "bad-block",
  "bad-change",
  "bad-seen",
  "bad-text",
  "changes-lost",
  "fold-differs",
  "text-missing",
  "internal",
]);

function isOfDatabase({ code }: Problem): boolean {
  return databaseCodes.has(code);
}

async function rebuildSpace(paths: SpacePaths, signer: Signer, options: RepairOptions): Promise<Repair> {
  removeRebuilding(paths.database);
  const made = await makeOrRemove(paths, signer, options);
  finishRebuilding(paths.database);
  const kept = replaceDatabase(paths.database, fileTime());
  const health = await checkSpace(paths, options.isQuiet);
  return { health, kept, ...describeRebuild(made.rebuilt, made.outcome, made.reason) };
}

interface MadeAnew {
  readonly rebuilt: Rebuilt;
  /** What the relay gave; null if it was not asked. */
  readonly outcome: SyncOutcome | null;
  /** Why it was not asked. */
  readonly reason: "no-relay" | "work-offline" | null;
}

/** What cannot be made whole takes no room: the disk may be full of it. */
async function makeOrRemove(paths: SpacePaths, signer: Signer, options: RepairOptions): Promise<MadeAnew> {
  try {
    return await makeAnew(paths, signer, options);
  } catch (error) {
    removeRebuilding(paths.database);
    throw error;
  }
}

async function makeAnew(
  paths: SpacePaths,
  signer: Signer,
  { isQuiet, isOffline }: RepairOptions,
): Promise<MadeAnew> {
  const { hash, compression } = commonPorts;
  const device = toHex(signer.publicKey);
  const damaged = openDamagedStore(paths.database);
  const store = openReplicaStore(rebuildingPath(paths.database), { create: true, durability: "normal" });
  try {
    const replica = await openReplica({ ...commonPorts, store, signer });
    const salvage = damaged === null ? null : new Salvage({ hash, compression, device }, damaged);
    const readOwn = () => readOutbox(hash, new OutboxFile(paths.outbox), device);
    let progress: Progress | null = null;
    const onProgress = (done: number, total: number) => {
      progress ??= startProgress("Rebuilding:", total, isQuiet);
      return progress.advance(done);
    };
    const rebuilt = unwrap(await rebuild(replica, { salvage, outbox: readOwn() }, onProgress));
    (progress as Progress | null)?.end();
    const asked = await askRelay(spaceOf(paths, replica), isQuiet, isOffline);
    // A command that came in between may have saved to the old database.
    await store.write((tables) => queueAgain(replica, tables, readOwn().changes));
    return { rebuilt: { ...rebuilt, lacking: stillLacking(replica, rebuilt.lacking) }, ...asked };
  } finally {
    store.close();
    damaged?.close();
  }
}

/** What is missing after the relay was asked. Own changes are here all the same. */
function stillLacking({ store, device }: Replica, lacking: Rebuilt["lacking"]): Rebuilt["lacking"] {
  return lacking
    .filter(({ stream }) => deviceOf(stream) !== device)
    .map((part) => ({
      ...part,
      held: store.read(({ blocks }) => blocks.tip(part.log, part.stream)?.seq ?? 0),
    }))
    .filter(({ tip, held }) => held < tip);
}

/** Gets what the relay has, and gives it what it lacks. */
async function askRelay(
  space: Space,
  isQuiet: boolean,
  isOffline: boolean,
): Promise<Pick<MadeAnew, "outcome" | "reason">> {
  const { relay, workOffline } = space.replica.store.read(readFacts);
  if (relay === null) return { outcome: null, reason: "no-relay" };
  if (workOffline || isOffline) return { outcome: null, reason: "work-offline" };
  const progress = new SyncProgress({ isWanted: !isQuiet, what: "Syncing", pending: 0 });
  const { onProgress } = progress;
  try {
    const outcome = await newSession(space, linkedRelay(space), "once", { onProgress }).run();
    return { outcome, reason: null };
  } finally {
    progress.end();
  }
}
