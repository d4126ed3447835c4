import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runsAll, seed, seededChance } from "./support/chance.js";
import { type Flip, flipped, flipsIn, rowsOf } from "./support/damage.js";
import { type Files, newRoot, readFiles, writeFiles } from "./support/files.js";
import { command, type LocalRelay, serve } from "./support/in-process.js";
import { conflictedScript } from "./support/script.js";
import { changeIds, databaseOf, readRelay, readSpace, unsentIds, viewOf } from "./support/space-reads.js";
import { tryFlips } from "./support/try-flips.js";

const root = newRoot();
const aside = newRoot();
const ada = join(root, "ada");
const bob = join(root, "bob");
const data = join(root, "relay");
const database = "ada/.darklang/space.db";
let relay: LocalRelay | null = null;
let port = 0;
let files: Files;
/** The same, as if all had been killed: what was written last is in the write-ahead log. */
let killed: Files;
/** As that, but the log had been copied into the database and not begun anew. */
let copied: Files;
const firstUnsynced = "ada: save Acme.g";
/** What Ada has before anything is damaged. */
let sound: {
  readonly rows: Readonly<Record<string, string>>;
  readonly shown: Shown;
  readonly ids: readonly string[];
  readonly unsent: readonly string[];
};

/** Ada has work that is synced, work that nobody else has, on main and on a branch, and conflicts. */
beforeAll(async () => {
  mkdirSync(data);
  relay = await serve(data);
  ({ port } = relay);
  let holder: Database.Database | null = null;
  for (const { name, run } of conflictedScript) {
    // With somebody else in the database, what is written from here on stays in the write-ahead log.
    if (name === firstUnsynced) holder = held(databaseOf(ada));
    await run({ root, aside, url: relay.url }).catch((error: unknown) => {
      throw new Error(name, { cause: error });
    });
  }
  await stopRelay();
  ({ files: killed } = readFiles(root));
  holder?.pragma("wal_checkpoint(passive)");
  ({ files: copied } = readFiles(root));
  holder?.close();
  ({ files } = readFiles(root));
  sound = {
    rows: rowsOf(databaseOf(ada)),
    shown: await shownBy(ada),
    ids: readSpace(ada, changeIds) ?? [],
    unsent: readSpace(ada, unsentIds) ?? [],
  };
  expect(sound.unsent.length).toBeGreaterThan(2);
}, 120_000);

function held(path: string): Database.Database {
  const database = new Database(path);
  database.prepare("select count(*) from meta").get();
  return database;
}

afterAll(async () => {
  await stopRelay();
  for (const folder of [root, aside]) rmSync(folder, { recursive: true, force: true });
});

async function stopRelay(): Promise<void> {
  await relay?.close();
  relay = null;
}

async function startRelay(): Promise<void> {
  await stopRelay();
  relay = await serve(data, port);
}

/** What a person sees of Ada's space. */
interface Shown {
  readonly pending: number;
  readonly state: string;
  /** Of each definition its text and mark. */
  readonly definitions: Readonly<Record<string, { readonly source: string; readonly mark: string }>>;
  /** All of it, as it is printed. */
  readonly printed: string;
}

async function shownBy(folder: string): Promise<Shown> {
  const ask = async (...args: readonly string[]) => {
    const { code, json } = await command("--json", "--offline", "--space", folder, ...args);
    if (code !== 0) throw new Error((json.error as { code: string }).code);
    return json;
  };
  const sync = (await ask("status")).sync as { state: string; pending: number };
  const { items } = await ask("ls");
  const definitions: Record<string, { source: string; mark: string }> = {};
  for (const { location } of items as { location: string }[]) {
    const { definition } = await ask("view", location);
    const { source, mark } = definition as { source: string; mark: string };
    definitions[location] = { source, mark };
  }
  const others = [await ask("conflicts", "--list"), await ask("sync", "--status")];
  return { ...sync, definitions, printed: JSON.stringify([sync, definitions, others]) };
}

/** What is shown and is neither so nor told to be doubtful: a text nobody wrote, or work as synced that is not. */
function untruthOf(shown: Shown): string | null {
  if (shown.state === "synced" || shown.pending < sound.shown.pending)
    return `${shown.state}, ${shown.pending} pending`;
  for (const [location, { source, mark }] of Object.entries(shown.definitions)) {
    const was = sound.shown.definitions[location];
    if (was !== undefined && source !== was.source) return `${location} is ${source}, was ${was.source}`;
    if (mark === "synced" && was?.mark !== "synced") return `${location} is synced, was ${was?.mark}`;
  }
  return null;
}

/** What became of a flip. */
type Outcome = "harmless" | "of no consequence" | "named at once" | "found by doctor";

/** Flips one bit of Ada's files, and sees that it changes nothing, or is told of and mended with nothing lost. */
async function tryFlip(flip: Flip, within = files): Promise<Outcome> {
  writeFiles(root, flipped(within, flip));
  const shown = await shownBy(ada).catch((error: unknown) => error as Error);
  const { json } = await command("--json", "--offline", "--space", ada, "doctor");
  const isFound = json.ok !== true;
  const untruth = shown instanceof Error ? null : untruthOf(shown);
  if (untruth !== null)
    throw new Error(`shown as if it were so${isFound ? ", though doctor finds it" : ""}: ${untruth}`);
  if (!isFound) {
    if (shown instanceof Error) throw new Error(`doctor finds nothing, and a command says ${shown.message}`);
    expect(shown.printed).toBe(sound.shown.printed);
    if (flip.path !== database || isSame(rowsOf(databaseOf(ada)))) return "harmless";
    // A flag or a date that nobody looks at: what follows must come to the same all the same.
    await expectRepaired(false);
    return "of no consequence";
  }
  await expectRepaired(flip.bit % 2 === 0);
  return shown instanceof Error ? "named at once" : "found by doctor";
}

function isSame(rows: Readonly<Record<string, string>>): boolean {
  return Object.entries(sound.rows).every(([table, content]) => rows[table] === content);
}

/**
 * `doctor --repair` brings everything back: with no relay at least what is there alone, with the ids it had; with one
 * also what was synced.
 */
async function expectRepaired(isOfflineFirst: boolean): Promise<void> {
  if (isOfflineFirst) {
    await command("--json", "--offline", "--space", ada, "doctor", "--repair");
    const ids = new Set(readSpace(ada, unsentIds));
    expect(sound.unsent.filter((id) => !ids.has(id))).toEqual([]);
  }
  await startRelay();
  try {
    const { code, stdout, stderr } = await command("--json", "--space", ada, "doctor", "--repair");
    expect(code, stdout + stderr).toBe(0);
    for (const folder of [ada, bob, ada]) {
      const sync = await command("--json", "--space", folder, "sync");
      expect(sync.json.sync, sync.stderr).toMatchObject({ state: "synced", pending: 0, failed: 0 });
    }
    const ids = readSpace(ada, changeIds) ?? [];
    expect(ids.toSorted()).toEqual(sound.ids.toSorted());
    expect(readSpace(ada, viewOf)).toEqual(readSpace(bob, viewOf));
    const { changes } = readRelay(data);
    expect(changes.toSorted()).toEqual(sound.ids.toSorted());
    const doctor = await command("--json", "--space", ada, "doctor");
    expect(doctor.json).toMatchObject({ ok: true });
  } finally {
    await stopRelay();
  }
}

test("S8: a text that rotted is neither shown nor exported as if somebody had written it", async () => {
  const offset = files.get(database)?.indexOf('word 32"') ?? -1;
  expect(offset).toBeGreaterThan(0);
  writeFiles(root, flipped(files, { path: database, offset, bit: 0 }));
  const run = (...args: readonly string[]) => command("--json", "--offline", "--space", ada, ...args);
  for (const args of [
    ["view", "Acme.Text.word32"],
    ["export", join(aside, "exported")],
  ]) {
    const { code, json } = await run(...args);
    expect(code).toBe(1);
    expect(json).toMatchObject({
      error: { code: "database-corrupt", hint: expect.stringContaining("--repair") },
    });
  }
  expect((await run("view", "Acme.Text.word31")).code).toBe(0);
  await expectRepaired(false);
  expect((await shownBy(ada)).definitions["Acme.Text.word32"]?.source).toContain('word 32"');
});

const perPage = runsAll ? 12 : 4;

test("S8: a flipped bit in the database changes nothing, or is told of and mended with nothing lost", async () => {
  await tryFlips(flipsIn(files, database, perPage, seededChance(seed)), 100, tryFlip);
}, 3_600_000);

test("S8: a flipped bit in the write-ahead log takes no save that is not told of and mended", async () => {
  const flips = flipsIn(killed, `${database}-wal`, perPage, seededChance(seed));
  expect(flips.length).toBeGreaterThan(100);
  await tryFlips(flips, 40, (flip) => tryFlip(flip, killed));
}, 3_600_000);

test("S8: a flipped bit in a write-ahead log that was copied and not begun anew makes no mixture", async () => {
  const flips = flipsIn(copied, `${database}-wal`, perPage, seededChance(seed));
  await tryFlips(flips, 40, (flip) => tryFlip(flip, copied));
}, 3_600_000);

test("S8: a flipped bit in the outbox changes nothing, or is told of and mended with nothing lost", async () => {
  await tryFlips(flipsIn(files, "ada/.darklang/outbox", 60, seededChance(seed)), 30, tryFlip);
}, 3_600_000);

/** Without its key a device can do nothing; no other key may pass for it. */
async function tryKey(flip: Flip): Promise<Outcome> {
  writeFiles(root, flipped(files, flip));
  const { code, json } = await command("--json", "--offline", "--space", ada, "status");
  if (code === 0) {
    expect((await shownBy(ada)).printed).toBe(sound.shown.printed);
    return "harmless";
  }
  expect(json).toMatchObject({ error: { code: "key-damaged" } });
  writeFiles(root, files);
  expect((await shownBy(ada)).printed).toBe(sound.shown.printed);
  return "named at once";
}

test("S8: a flipped bit in the device's key changes nothing, or is told of before anything is done", async () => {
  await tryFlips(flipsIn(files, "ada/.darklang/device.key", 150, seededChance(seed)), 60, tryKey);
}, 3_600_000);
