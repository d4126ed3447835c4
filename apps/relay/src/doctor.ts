import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "@darksync/core/bytes";
import type { Problem } from "@darksync/core/result";
import { readDeviceKey } from "@darksync/node/device-key";
import { fileTime } from "@darksync/node/file-time";
import { openRelayKey } from "@darksync/node/relay-key";
import { checkRelaySpace } from "@darksync/node/sqlite/check-relay-space";
import { forgetDamage } from "@darksync/node/sqlite/damage-note";
import { finishRepairs, relayDatabasePath, relaySpacesIn } from "@darksync/node/sqlite/relay-spaces";
import { type RepairedSpace, repairRelaySpace } from "@darksync/node/sqlite/repair-relay-space";
import { lockData } from "./data-folder.js";
import { RelayProblem } from "./relay-problem.js";

/** What is wrong with a relay's data folder. */
export interface RelayProblemFound extends Problem {
  /** The space's id; null: it is of the whole relay. */
  readonly space: string | null;
}

/** What a look at a data folder, or its repair, came to. */
export interface RelayHealth {
  readonly problems: readonly RelayProblemFound[];
  /** Ids of the spaces that were looked at. */
  readonly spaces: readonly string[];
  /** What was mended, in words. */
  readonly repaired: readonly string[];
  /** What could not be had, in words. */
  readonly missing: readonly string[];
  /** Where damaged databases are kept. */
  readonly kept: readonly string[];
}

const hasRoom = async () => {};

/** Checks all that a relay keeps, and with `isRepair` mends it. The relay must not be running. */
export async function examineData(dir: string, isRepair: boolean): Promise<RelayHealth> {
  if (!existsSync(dir)) {
    const hint = "Give --data the folder that the relay was started with.";
    throw new RelayProblem({ code: "data-missing", message: `there is no folder ${dir}`, hint });
  }
  const lock = lockData(dir);
  try {
    if (isRepair) finishRepairs(dir);
    const spaces = relaySpacesIn(dir).filter((space) => existsSync(relayDatabasePath(dir, space)));
    const found = [...checkKey(dir, spaces), ...(await checkSpaces(dir, spaces))];
    if (!isRepair || found.length === 0) {
      if (isRepair) for (const space of spaces) forgetDamage(relayDatabasePath(dir, space));
      return { problems: found, spaces, repaired: [], missing: [], kept: [] };
    }
    return await repair(dir, spaces, found);
  } finally {
    lock.release();
  }
}

async function repair(
  dir: string,
  spaces: readonly string[],
  found: readonly RelayProblemFound[],
): Promise<RelayHealth> {
  const key = openRelayKey(dir);
  if (!key.ok) throw new RelayProblem(key.problem);
  const repaired: string[] = [];
  const missing: string[] = [];
  const kept: string[] = [];
  for (const space of spaces) {
    const path = relayDatabasePath(dir, space);
    if (!found.some((problem) => problem.space === space)) {
      forgetDamage(path);
      continue;
    }
    const outcome = await repairRelaySpace({ path, space, signer: key.value, time: fileTime() }, hasRoom);
    repaired.push(repairedWords(space, outcome));
    missing.push(...missingWords(space, outcome));
    if (outcome.kept !== null) kept.push(outcome.kept);
  }
  const left = spaces.filter((space) => existsSync(relayDatabasePath(dir, space)));
  const problems = [...checkKey(dir, left), ...(await checkSpaces(dir, left))];
  return { problems, spaces, repaired, missing, kept };
}

async function checkSpaces(dir: string, spaces: readonly string[]): Promise<readonly RelayProblemFound[]> {
  const key = readDeviceKey(join(dir, "relay.key"));
  const relayKey = key.ok ? toHex(key.value.publicKey) : null;
  const found: RelayProblemFound[] = [];
  for (const space of spaces) {
    const path = relayDatabasePath(dir, space);
    const log = `${path}-wal`;
    const hadLog = existsSync(log);
    const problems = await checkRelaySpace({ path, space, relayKey }, hasRoom);
    found.push(...problems.map((problem) => ({ ...problem, space })));
    // Reading made an empty one.
    if (!hadLog) for (const made of [log, `${path}-shm`]) rmSync(made, { force: true });
  }
  return found;
}

/** Its key is made when a relay is started first, so a relay that keeps spaces has one. */
function checkKey(dir: string, spaces: readonly string[]): readonly RelayProblemFound[] {
  const path = join(dir, "relay.key");
  if (!existsSync(path)) {
    if (spaces.length === 0) return [];
    const hint =
      "Put it back from your backup. Without it the relay makes a new one, and clients say that it changed.";
    return [{ space: null, code: "relay-key-missing", message: `the relay's key ${path} is gone`, hint }];
  }
  const key = openRelayKey(dir);
  return key.ok ? [] : [{ space: null, ...key.problem }];
}

function repairedWords(space: string, { rebuilt }: RepairedSpace): string {
  if (rebuilt === null)
    return `Space ${space}: nothing of it could be read; it begins anew with the first client that has it.`;
  const { blocks, segments, lostSegments } = rebuilt;
  const sealed =
    segments + lostSegments > 0 ? `, ${segments} of ${segments + lostSegments} segments as they were` : "";
  return `Space ${space} was made anew from its good parts: ${blocks} blocks${sealed}.`;
}

function missingWords(space: string, { rebuilt }: RepairedSpace): readonly string[] {
  return (rebuilt?.lacking ?? []).map(
    ({ log, stream, held, tip }) =>
      `Its clients bring with their next sync: blocks ${held + 1} to ${tip} of stream ${stream.slice(0, 12)} in ${log} of space ${space}.`,
  );
}
