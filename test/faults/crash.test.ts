import "./support/flush-tap.js";
import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sampled, seed, seededChance } from "./support/chance.js";
import { newRoot } from "./support/files.js";
import { eagerLimits } from "./support/in-process.js";
import { type Torn, tornBetween, withoutUnflushed, withoutUnflushedCommits } from "./support/power-cut.js";
import { type Moment, type Recording, record } from "./support/recording.js";
import { expectRecovery } from "./support/recovery.js";
import { script } from "./support/script.js";

let recording: Recording;
const root = newRoot();

beforeAll(async () => {
  recording = await record(script, eagerLimits);
  expect(recording.segments).toBeGreaterThan(5);
}, 300_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Every one of these moments must be one to go on from; a few that are not are told, and how many there are. */
async function expectAllRecover(cases: readonly Torn[], inSample: number): Promise<void> {
  const tried = sampled(cases, inSample);
  const failed: string[] = [];
  for (const { moment, where } of tried) {
    await expectRecovery(root, recording, moment).catch((error: unknown) => {
      const reason = error instanceof Error ? whatIsWrong(error) : String(error);
      failed.push(`${describe(moment)}, ${where}: ${reason}`);
    });
  }
  console.log(`${tried.length} of ${cases.length} states, ${failed.length} failed`);
  expect(failed.slice(0, 5), `${failed.length} of ${tried.length}, seed ${seed}`).toEqual([]);
}

/** Of a comparison both sides: its message leaves most out. */
function whatIsWrong({ message, ...error }: Error): string {
  const actual = "actual" in error ? ` (${JSON.stringify(error.actual)?.slice(0, 400)})` : "";
  return `${message}${actual}`;
}

function describe({ step, what }: Moment): string {
  return `${step} ${script[step]?.name ?? ""} after ${what}`;
}

test("S1, C2: a crash after any write loses nothing that was confirmed, doubles nothing, and sync goes on", async () => {
  console.log(`${recording.writes} writes leave ${recording.moments.length} different states`);
  expect(recording.moments.length).toBeGreaterThan(300);
  const cases = recording.moments.map((moment) => ({ where: "killed", moment }));
  await expectAllRecover(cases, 200);
}, 3_600_000);

test("S1: a power cut within any write to a database leaves what was before it or all of it", async () => {
  const chance = seededChance(seed);
  const cases = recording.moments.flatMap((moment, index) => {
    const before = recording.moments[index - 1];
    return before === undefined ? [] : tornBetween(before, moment, chance);
  });
  await expectAllRecover(cases, 200);
}, 3_600_000);

test("S1: a power cut that takes the files nobody waited for loses nothing that was confirmed", async () => {
  const chance = seededChance(seed);
  const cases = recording.moments.flatMap((moment) => withoutUnflushed(moment, chance));
  await expectAllRecover(cases, 100);
}, 3_600_000);

test("L5: a power cut that takes from the relay what it had not flushed takes nothing that it acknowledged", async () => {
  const chance = seededChance(seed);
  const cases = recording.moments.flatMap((moment) => withoutUnflushedCommits(moment, chance));
  expect(cases.length).toBeGreaterThan(10);
  await expectAllRecover(cases, 100);
}, 3_600_000);
