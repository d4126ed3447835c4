import { existsSync, statSync } from "node:fs";
import { toHex } from "@darksync/core/bytes";
import type { Problem } from "@darksync/core/result";
import type { SyncStatus } from "@darksync/core/status";
import { readDeviceKey } from "@darksync/node/device-key";
import { OutboxFile } from "@darksync/node/outbox-file";
import { checkDatabase } from "@darksync/node/sqlite/check-database";
import { openReplicaStore } from "@darksync/node/sqlite/replica-store";
import { evictedBytes } from "@darksync/runtime/cache/evicted-segments";
import { soundHomeTag } from "@darksync/runtime/outbox/home";
import { lostChanges, readOutbox } from "@darksync/runtime/outbox/outbox-content";
import { checkBlocks } from "@darksync/runtime/read/check-blocks";
import { checkChanges } from "@darksync/runtime/read/check-changes";
import { checkQueue } from "@darksync/runtime/read/check-queue";
import { checkSeen } from "@darksync/runtime/read/check-seen";
import { repairHint } from "@darksync/runtime/read/repair-hint";
import type { MetaStore } from "@darksync/runtime/store/block-store";
import type { ReplicaStore } from "@darksync/runtime/store/store";
import { byteText } from "./byte-text.js";
import { commonPorts } from "./common-ports.js";
import { lowDiskText } from "./disk.js";
import { startProgress } from "./progress.js";
import { notWritable, problemOf } from "./report-failure.js";
import { type SpacePaths, statusOfStore } from "./space.js";
import { countOf } from "./wording.js";

/** What a check of a space found. */
export interface Health {
  readonly problems: readonly Problem[];
  /** What was looked at, in words. */
  readonly checked: readonly string[];
  /** Null if the database cannot be opened. */
  readonly status: SyncStatus | null;
}

/** Checks a space as far as it can be read. Nothing is changed. */
export async function checkSpace(paths: SpacePaths, isQuiet: boolean): Promise<Health> {
  const problems: Problem[] = [...checkKey(paths), ...checkDisk(paths)];
  // Before it is opened: on a full disk only one at a time can have it.
  const isThere = existsSync(paths.database);
  const found = await attempt(problems, () => (isThere ? checkDatabase(paths.database).map(damaged) : []));
  problems.push(...(found ?? []));
  const store = await attempt(problems, () => {
    const onReadOnly = () => problems.push(notWritable);
    return openReplicaStore(paths.database, { create: false, onReadOnly });
  });
  if (store === null) return { problems: withoutRepeats(problems), checked: [], status: null };
  try {
    const ports = { ...commonPorts, store };
    const checks: readonly (readonly [string, () => readonly Problem[] | Promise<readonly Problem[]>])[] = [
      ["blocks", () => checkBlocks(ports)],
      ["changes and texts", () => store.read((tables) => checkChanges(ports, tables))],
      ["who saw what", () => store.read(checkSeen)],
      ["settings", () => store.read(({ meta }) => checkHome(meta))],
      ["queue", () => store.read(checkQueue)],
      ["outbox", () => checkOutbox(paths, store)],
    ];
    const progress = startProgress("Checking:", checks.length, isQuiet);
    for (const [index, [, check]] of checks.entries()) {
      problems.push(...((await attempt(problems, check)) ?? []));
      await progress.advance(index + 1);
    }
    progress.end();
    const status = await attempt(problems, () => statusOfStore(store, paths));
    const evicted = (await attempt(problems, () => store.read(evictedBytes))) ?? 0;
    const beside = evicted === 0 ? [] : [`but not ${byteText(evicted)} of history that was evicted`];
    const checked = ["database", ...checks.map(([what]) => what), "key", "disk", ...beside];
    return { problems: withoutRepeats(problems), checked, status };
  } finally {
    store.close();
  }
}

/** The value of a check; one that cannot go on has found a problem. */
async function attempt<Value>(
  problems: Problem[],
  check: () => Value | Promise<Value>,
): Promise<Value | null> {
  try {
    return await check();
  } catch (error) {
    problems.push(problemOf(error).problem);
    return null;
  }
}

function damaged(message: string): Problem {
  return { code: "database-corrupt", message: `the database is damaged: ${message}`, hint: repairHint };
}

function checkHome(meta: Pick<MetaStore, "get">): readonly Problem[] {
  return soundHomeTag(commonPorts.hash, meta) === null
    ? [damaged("its settings are not what was written")]
    : [];
}

function checkOutbox({ outbox, key }: SpacePaths, store: ReplicaStore): readonly Problem[] {
  const signer = readDeviceKey(key);
  if (!signer.ok) return [];
  const device = toHex(signer.value.publicKey);
  // What is not lost is passed over: all of it may be more than fits in memory.
  const isMissing = (id: string) => store.read(({ changes }) => !changes.has(id));
  const content = readOutbox(commonPorts.hash, new OutboxFile(outbox), device, isMissing);
  const { damagedBytes } = content;
  const lost = store.read((tables) => lostChanges(tables, content)).length;
  const damage = `${damagedBytes} bytes of the outbox, the second copy of unsent work, cannot be read`;
  const loss = `the database lacks ${countOf(lost, "own change")} that the outbox has`;
  return [
    ...(damagedBytes > 0 ? [{ code: "outbox-damaged", message: damage, hint: repairHint }] : []),
    ...(lost > 0 ? [{ code: "changes-lost", message: loss, hint: repairHint }] : []),
  ];
}

/** Several checks may stumble over one thing. */
function withoutRepeats(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [problem.message, problem])).values()];
}

function checkKey({ key }: SpacePaths): readonly Problem[] {
  const signer = readDeviceKey(key);
  if (!signer.ok) return [signer.problem];
  const { mode } = statSync(key);
  if (process.platform === "win32" || (mode & 0o077) === 0) return [];
  const message = `others can read the device key (mode ${(mode & 0o777).toString(8)})`;
  return [{ code: "key-mode", message, hint: `chmod 600 ${key}` }];
}

function checkDisk(paths: SpacePaths): readonly Problem[] {
  const low = lowDiskText(paths);
  if (low === null) return [];
  return [
    { code: "disk-low", message: low, hint: "Free some room before it is full; nothing is lost if it is." },
  ];
}
