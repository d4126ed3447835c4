import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sampled, seed } from "./support/chance.js";
import { type Files, newRoot, writeFiles } from "./support/files.js";
import { command, serve } from "./support/in-process.js";
import { type Moment, type Recording, record } from "./support/recording.js";
import { expectSound } from "./support/recovery.js";
import { script } from "./support/script.js";

let recording: Recording;
const root = newRoot();
const database = "ada/.darklang/space.db";

beforeAll(async () => {
  recording = await record();
}, 120_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Ways to lose a database. */
const losses: Readonly<Record<string, (bytes: Buffer) => Buffer | null>> = {
  removed: () => null,
  empty: () => Buffer.alloc(0),
  garbage: (bytes) => Buffer.alloc(bytes.length, "this is no database "),
  "cut to half": (bytes) => bytes.subarray(0, bytes.length / 2),
  "without its pages": (bytes) => Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096)]),
};

function withLoss(files: Files, lose: (bytes: Buffer) => Buffer | null): Files {
  const lost = lose(files.get(database) ?? Buffer.alloc(0));
  const others = [...files].filter(([path]) => path !== database && path !== `${database}-wal`);
  return new Map(lost === null ? others : [...others, [database, lost]]);
}

/** The last state of each step in which Ada has a space. */
function stepEnds(): readonly Moment[] {
  return script.flatMap((_, step) => {
    const end = recording.moments.findLast((moment) => moment.step === step);
    return end?.files.has(database) === true ? [end] : [];
  });
}

test("S8: a database that is gone is made anew from outbox and relay, with all that was confirmed", async () => {
  const cases = stepEnds().flatMap((moment) =>
    Object.entries(losses).map(([how, lose]) => ({ moment, how, lose })),
  );
  const tried = sampled(cases, 40);
  const failed: string[] = [];
  for (const { moment, how, lose } of tried) {
    writeFiles(root, withLoss(moment.files, lose));
    try {
      await repair();
      await expectSound(root, recording, moment, true);
    } catch (error) {
      failed.push(
        `${moment.step} ${script[moment.step]?.name}, ${how}: ${error instanceof Error ? error.message : error}`,
      );
    }
  }
  console.log(`${tried.length} of ${cases.length} losses, ${failed.length} failed`);
  expect(failed.slice(0, 5), `${failed.length} of ${tried.length}, seed ${seed}`).toEqual([]);
}, 1_800_000);

async function repair(): Promise<void> {
  const folder = join(root, "ada");
  const relay = await serve(join(root, "relay"), recording.port);
  try {
    const status = await command("--json", "--offline", "--space", folder, "status");
    expect(status.json).toMatchObject({ error: { hint: expect.stringContaining("doctor --repair") } });
    const { code, json, stdout, stderr } = await command("--json", "--space", folder, "doctor", "--repair");
    expect(code, stdout + stderr).toBe(0);
    // Who works offline by choice is told what waits for the relay.
    if ((json.missing as unknown[]).length === 0) return;
    for (const args of [["offline", "off"], ["sync"]])
      expect((await command("--json", "--space", folder, ...args)).code).toBe(0);
  } finally {
    await relay.close();
  }
}
