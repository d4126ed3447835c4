import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { examineData } from "../../apps/relay/src/doctor.js";
import { runsAll, seed, seededChance } from "./support/chance.js";
import { type Flip, flipped, flipsIn } from "./support/damage.js";
import { type Files, newRoot, readFiles, writeFiles } from "./support/files.js";
import { command, eagerLimits, type LocalRelay, serve } from "./support/in-process.js";
import { conflictedScript } from "./support/script.js";
import { changeIds, claimedBlocks, readRelay, readSpace, viewOf } from "./support/space-reads.js";
import { tryFlips } from "./support/try-flips.js";

const root = newRoot();
const aside = newRoot();
const [ada, bob, carol] = ["ada", "bob", "carol"].map((name) => join(root, name)) as [string, string, string];
const data = join(root, "relay");
let port = 0;
/** When the relay was stopped: all is in its database, most of it in segments. */
let stopped: Files;
/** When it was killed: the end is in its write-ahead log. */
let killed: Files;
/** As that, but the log had been copied into the database and not begun anew. */
let copied: Files;
let database = "";
/** How many blocks the relay has. */
let held = 0;
/** All changes that Ada has, sent or not. */
let ids: readonly string[];

beforeAll(async () => {
  mkdirSync(data);
  const relay = await serve(data, 0, eagerLimits);
  ({ port } = relay);
  for (const { name, run } of conflictedScript) {
    await run({ root, aside, url: relay.url }).catch((error: unknown) => {
      throw new Error(name, { cause: error });
    });
  }
  await relay.relay.sealed();
  killed = readFiles(root).files;
  database = [...killed.keys()].find((path) => /^relay\/[0-9a-f]+\.db$/.test(path)) ?? "";
  copied = filesCopied(killed);
  await relay.close();
  stopped = readFiles(root).files;
  held = readRelay(data).blocks.size;
  ids = (readSpace(ada, changeIds) ?? []).toSorted();
  expect(relay.relay.counts.segmentsSealed).toBeGreaterThan(3);
}, 120_000);

/** As SQLite leaves the files when it has made a checkpoint and somebody else is in the database. */
function filesCopied(files: Files): Files {
  const elsewhere = newRoot();
  writeFiles(elsewhere, files);
  const [one, other] = [new Database(join(elsewhere, database)), new Database(join(elsewhere, database))];
  try {
    other.prepare("select count(*) from meta").get();
    one.pragma("wal_checkpoint(passive)");
    return readFiles(elsewhere).files;
  } finally {
    one.close();
    other.close();
    rmSync(elsewhere, { recursive: true });
  }
}

afterAll(() => {
  for (const folder of [root, aside]) rmSync(folder, { recursive: true, force: true });
});

async function withRelay<Value>(work: (relay: LocalRelay) => Promise<Value>): Promise<Value> {
  const relay = await serve(data, port, eagerLimits);
  try {
    return await work(relay);
  } finally {
    await relay.close();
  }
}

/** Ada and Bob sync, and Carol joins; what each is told, and what the operator is. */
async function useRelay(relay: LocalRelay): Promise<readonly string[]> {
  const told: string[] = [];
  for (const folder of [ada, bob, ada]) {
    const { code, stdout } = await command("--json", "--space", folder, "sync");
    if (code !== 0) told.push(stdout);
  }
  rmSync(carol, { recursive: true, force: true });
  const { code, stdout } = await command("--json", "join", relay.url, carol, "--as", "Carol");
  if (code !== 0) told.push(stdout);
  await relay.relay.sealed();
  return [...told, ...relay.failures.map(String)];
}

/** Everybody has everything, the relay each change once, and what is shown as synced can be read there. */
function expectAll(): void {
  const { changes, blocks } = readRelay(data);
  expect(new Set(changes).size).toBe(changes.length);
  expect(ids.filter((id) => !changes.includes(id))).toEqual([]);
  for (const folder of [ada, bob, carol]) {
    const held = readSpace(folder, changeIds) ?? [];
    expect(ids.filter((id) => !held.includes(id))).toEqual([]);
    expect(readSpace(folder, viewOf)).toEqual(readSpace(ada, viewOf));
    expect((readSpace(folder, claimedBlocks) ?? []).filter((block) => !blocks.has(block))).toEqual([]);
  }
}

/** What became of a flip. */
type Outcome = "harmless" | "refused at once" | "found by doctor" | "brought back by clients";

/** The relay is used first, in every second case; then its operator asks `doctor`. */
async function tryFlip(files: Files, flip: Flip): Promise<Outcome> {
  writeFiles(root, flipped(files, flip));
  const left = blocksLeft();
  const told = flip.offset % 2 === 0 ? await withRelay(useRelay) : [];
  const { problems } = await examineData(data, false);
  const isDamaged = problems.length > 0;
  if (told.length > 0) {
    if (!isDamaged)
      throw new Error(`doctor finds nothing, and a client or the operator is told ${told.join()}`);
    expect(told.join()).toMatch(/relay-database-corrupt|is damaged|not what was written/);
  }
  if (isDamaged) {
    const repaired = await examineData(data, true);
    expect(repaired.problems).toEqual([]);
    expect(repaired.kept).toHaveLength(1);
    expect(readdirSync(data).filter((name) => name.includes(".db.damaged-"))).not.toEqual([]);
  }
  expect(await withRelay(useRelay)).toEqual([]);
  expectAll();
  expect((await examineData(data, false)).problems).toEqual([]);
  if (isDamaged) return told.length > 0 ? "refused at once" : "found by doctor";
  return left < held ? "brought back by clients" : "harmless";
}

/** How many blocks the relay has; none if it cannot tell. */
function blocksLeft(): number {
  try {
    return readRelay(data).blocks.size;
  } catch (error) {
    if (error instanceof Error) return 0;
    throw error;
  }
}

const perPage = runsAll ? 12 : 4;

test("S8, L5: a flipped bit in a relay's database changes nothing, or is told of and mended with nothing lost", async () => {
  const flips = flipsIn(stopped, database, perPage, seededChance(seed));
  await tryFlips(flips, 60, (flip) => tryFlip(stopped, flip));
}, 3_600_000);

test("S8, L5: a flipped bit in a relay's write-ahead log takes nothing that its clients do not bring back", async () => {
  const flips = flipsIn(killed, `${database}-wal`, perPage, seededChance(seed));
  expect(flips.length).toBeGreaterThan(100);
  await tryFlips(flips, 40, (flip) => tryFlip(killed, flip));
}, 3_600_000);

test("S8, L5: a flipped bit in a relay's write-ahead log that was copied and not begun anew makes no mixture", async () => {
  const flips = flipsIn(copied, `${database}-wal`, perPage, seededChance(seed));
  await tryFlips(flips, 40, (flip) => tryFlip(copied, flip));
}, 3_600_000);
