import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type CheckedDatabase, checkRelaySpace } from "@darksync/node/sqlite/check-relay-space";
import type { SpaceDamaged } from "@darksync/runtime/relay/space-damaged";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { examineData } from "../../apps/relay/src/doctor.js";
import { keepInMind, SpaceWatch } from "../../apps/relay/src/space-watch.js";
import { runsAll, seed, seededChance } from "./support/chance.js";
import { describeFlip, flipped, flipsIn } from "./support/damage.js";
import { type Files, newRoot, readFiles, writeFiles } from "./support/files.js";
import { command, eagerLimits, type LocalRelay, serve } from "./support/in-process.js";
import { conflictedScript } from "./support/script.js";
import { changeIds, readRelay, readSpace, viewOf } from "./support/space-reads.js";

const root = newRoot();
const aside = newRoot();
const [ada, bob, carol] = ["ada", "bob", "carol"].map((name) => join(root, name)) as [string, string, string];
const data = join(root, "relay");
let port = 0;
let files: Files;
let database = "";
/** All changes that Ada has, sent or not. */
let ids: readonly string[];

beforeAll(async () => {
  mkdirSync(data);
  const relay = await serve(data);
  ({ port } = relay);
  for (const { name, run } of conflictedScript) {
    await run({ root, aside, url: relay.url }).catch((error: unknown) => {
      throw new Error(name, { cause: error });
    });
  }
  await relay.close();
  ({ files } = readFiles(root));
  database = [...files.keys()].find((path) => /^relay\/[0-9a-f]+\.db$/.test(path)) ?? "";
  ids = (readSpace(ada, changeIds) ?? []).toSorted();
}, 120_000);

afterAll(() => {
  for (const folder of [root, aside]) rmSync(folder, { recursive: true, force: true });
});

async function withRelay<Value>(work: (relay: LocalRelay) => Promise<Value>): Promise<Value> {
  const relay = await serve(data, port);
  try {
    return await work(relay);
  } finally {
    await relay.close();
  }
}

/** Ada and Bob sync, and Carol joins: what each is told, and what the operator is. */
async function useRelay(relay: LocalRelay): Promise<readonly string[]> {
  const told: string[] = [];
  for (const folder of [ada, bob, ada]) {
    const { code, stdout } = await command("--json", "--space", folder, "sync");
    if (code !== 0) told.push(stdout);
  }
  rmSync(carol, { recursive: true, force: true });
  const { code, stdout } = await command("--json", "join", relay.url, carol, "--as", "Carol");
  if (code !== 0) told.push(stdout);
  return [...told, ...relay.failures.map(String)];
}

/** Everybody has everything, and the relay each change once. */
function expectAll(): void {
  for (const folder of [ada, bob, carol]) {
    const held = readSpace(folder, changeIds) ?? [];
    expect(ids.filter((id) => !held.includes(id))).toEqual([]);
    expect(readSpace(folder, viewOf)).toEqual(readSpace(ada, viewOf));
  }
  const { changes } = readRelay(data);
  expect(new Set(changes).size).toBe(changes.length);
  expect(ids.filter((id) => !changes.includes(id))).toEqual([]);
}

/** The file is set aside, as the relay says, and its clients bring everything again. */
async function expectBroughtBack(): Promise<void> {
  for (const file of readdirSync(data).filter((name) => /\.db(?:-wal|-shm)?$/.test(name)))
    renameSync(join(data, file), join(data, file.replace(".db", ".db.damaged")));
  expect(await withRelay(useRelay)).toEqual([]);
  expectAll();
}

test("S8: a relay whose file begins with a flipped bit refuses that space, and its clients bring all again", async () => {
  const flips = flipsIn(files, database, runsAll ? 60 : 4, seededChance(seed)).filter(
    ({ offset }) => offset < 24,
  );
  for (const flip of flips) {
    writeFiles(root, flipped(files, flip));
    const told = await withRelay(useRelay);
    if (told.length === 0) expectAll();
    else {
      expect(told.join(), describeFlip(flip)).toContain("relay-database-corrupt");
      await expectBroughtBack();
    }
  }
}, 600_000);

/** Changes the relay's rows behind its back. */
function changeRows(sql: string): void {
  const rows = new Database(join(root, database));
  expect(rows.prepare(sql).run().changes).toBe(1);
  rows.close();
}

test("S8, L5: a relay that lost a block says so, instead of sending nothing for ever", async () => {
  writeFiles(root, files);
  changeRows("delete from block where key = (select max(key) from block)");
  expect((await withRelay(useRelay)).join()).toContain("relay-database-corrupt");
  await expectBroughtBack();
});

/** Checks on this thread, between what else is done. */
const watching = {
  timers: { after: () => () => {} },
  check: (checked: CheckedDatabase) => checkRelaySpace(checked, () => new Promise(setImmediate)),
};

test("S8, L5: rot that nobody asks for is found by the relay itself, which refuses the space from then on", async () => {
  writeFiles(root, files);
  const space = database.replace(/^relay\/|\.db$/g, "");
  await withRelay(async (relay) => {
    expect(await useRelay(relay)).toEqual([]);
    changeRows("update block set change_count = change_count + 1 where key = (select min(key) from block)");
    const failures: unknown[] = [];
    const ports = { ...watching, onFailure: (error: unknown) => failures.push(error) };
    const watch = new SpaceWatch(relay.relay, data, relay.publicKey, ports);
    await watch.checkAll();
    watch.stop();
    expect(failures).toEqual([]);
    expect(relay.failures).toEqual([expect.objectContaining({ space, code: "database-corrupt" })]);
    expect(keepInMind(data, relay.failures[0] as SpaceDamaged)).toBe(true);
    const { json } = await command("--json", "--space", ada, "sync");
    expect(json).toMatchObject({ error: { code: "relay-database-corrupt" } });
  });
  expect((await withRelay(useRelay)).join()).toContain("relay-database-corrupt");
  expect((await examineData(data, true)).problems).toEqual([]);
  expect(await withRelay(useRelay)).toEqual([]);
  expectAll();
});

test("R76: a disk that once did not answer is no damage", async () => {
  writeFiles(root, files);
  await withRelay(async (relay) => {
    let looks = 0;
    const check = async () => {
      looks += 1;
      return looks === 1 ? [{ code: "bad-block", message: "it cannot be read", hint: "" }] : [];
    };
    const onFailure = (error: unknown) => expect.unreachable(String(error));
    await new SpaceWatch(relay.relay, data, relay.publicKey, { ...watching, check, onFailure }).checkAll();
    expect(looks).toBe(2);
    expect(await useRelay(relay)).toEqual([]);
  });
});

test("S8: a look at a relay that is used and seals meanwhile finds nothing wrong", async () => {
  writeFiles(root, files);
  const relay = await serve(data, port, eagerLimits);
  const watch = new SpaceWatch(relay.relay, data, relay.publicKey, {
    ...watching,
    onFailure: (error) => expect.unreachable(String(error)),
  });
  let isUsed = true;
  const looking = (async () => {
    let looks = 0;
    for (; isUsed || looks === 0; looks += 1) await watch.checkAll();
    return looks;
  })();
  try {
    expect(await useRelay(relay)).toEqual([]);
    expect(relay.relay.counts.segmentsSealed).toBeGreaterThan(0);
    isUsed = false;
    expect(await looking).toBeGreaterThan(0);
    expect(relay.failures).toEqual([]);
  } finally {
    isUsed = false;
    await looking;
    watch.stop();
    await relay.close();
  }
});
