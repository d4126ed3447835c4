import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sampled, seed } from "./support/chance.js";
import { newRoot, writeFiles } from "./support/files.js";
import { serve } from "./support/in-process.js";
import { type Recording, record } from "./support/recording.js";
import { expectSound } from "./support/recovery.js";
import { FailedCommand, script } from "./support/script.js";
import { interceptWrites, type Writing } from "./support/write-tap.js";

let recording: Recording;
/** Where it was recorded: a space remembers where it exported to. */
let root: string;
const aside = newRoot();

beforeAll(async () => {
  recording = await record();
  ({ root } = recording);
}, 120_000);

afterAll(() => {
  for (const folder of [root, aside]) rmSync(folder, { recursive: true, force: true });
});

/** The failure that SQLite and the operating system report when a disk is full. */
function fullDisk(writing: Writing): Error {
  if (writing === "database") return new Database.SqliteError("database or disk is full", "SQLITE_FULL");
  const message = "ENOSPC: no space left on device, write";
  return Object.assign(new Error(message), { code: "ENOSPC", syscall: "write", errno: -28 });
}

/** Plays one step of the session from where it began, with no room left from one of its writes on. */
async function playWithFullDisk(step: number, fromWrite: number): Promise<{ readonly writes: number }> {
  const { files } = recording.moments.findLast((moment) => moment.step === step - 1) ?? { files: new Map() };
  writeFiles(root, files);
  mkdirSync(join(root, "relay"), { recursive: true });
  const relay = await serve(join(root, "relay"), recording.port);
  let writes = 0;
  let isOn = true;
  const stop = interceptWrites((writing, what) => {
    // The test's own files.
    if (!isOn || what.includes(aside)) return;
    writes += 1;
    if (writes >= fromWrite) throw fullDisk(writing);
  });
  try {
    await script[step]?.run({ root, aside, url: relay.url }).catch((error: unknown) => expectClear(error));
  } finally {
    isOn = false;
    stop();
    await relay.close();
  }
  return { writes };
}

/** What a person is told when the disk is full, here or at the relay. */
const clearCodes: ReadonlySet<string> = new Set(["disk-full", "enospc", "relay-disk-full"]);

function expectClear(error: unknown): void {
  if (!(error instanceof FailedCommand)) throw error;
  const { problem, failed } = error;
  const isClear = failed.length > 0 || (clearCodes.has(problem.code) && problem.hint !== "");
  if (!isClear) throw error;
}

/** Steps that copy files about are the test's own. */
const stepsWithCommands = script.flatMap(({ isByHand }, index) => (isByHand === true ? [] : [index]));

test("S9: a disk that is full from any write on loses nothing, says so clearly, and when there is room all goes on", async () => {
  const cases: { step: number; write: number }[] = [];
  for (const step of stepsWithCommands) {
    const { writes } = await playWithFullDisk(step, Number.POSITIVE_INFINITY);
    for (let write = 1; write <= writes; write += 1) cases.push({ step, write });
  }
  const tried = sampled(cases, 150);
  const failed: string[] = [];
  for (const { step, write } of tried) {
    const where = `${step} ${script[step]?.name}, write ${write}`;
    try {
      await playWithFullDisk(step, write);
      await expectSound(root, recording, { step });
    } catch (error) {
      failed.push(`${where}: ${error instanceof Error ? error.message : error}`);
    }
  }
  console.log(`${tried.length} of ${cases.length} writes, ${failed.length} failed`);
  expect(failed.slice(0, 8), `${failed.length} of ${tried.length}, seed ${seed}`).toEqual([]);
}, 1_800_000);
