import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openReplicaStore } from "@darksync/node/sqlite/replica-store";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { examineData } from "../../apps/relay/src/doctor.js";
import { run } from "../support/cli.js";
import { type RelayProcess, startRelay } from "../support/relay.js";
import { seed, seededChance } from "./support/chance.js";
import { makeChanges } from "./support/many-changes.js";
import { readRelay } from "./support/space-reads.js";

const changeCount = 6000;
const kills = 20;
const root = mkdtempSync(join(tmpdir(), "darksync-seal-kill-"));
const data = join(root, "relay");
/** The relay's folder when all had come and nothing was sealed. */
const unsealed = join(root, "unsealed");
let port = 0;
let space = "";
/** How long the first seal takes when nothing is killed. */
let sealMs = 0;

beforeAll(async () => {
  const ada = join(root, "ada");
  const relay = await startRelay(data);
  ({ port } = relay);
  const made = await run(["--json", "init", ada, "--as", "Ada", "--owner", "Acme"]);
  space = String(made.json.space);
  await makeChanges(ada, changeCount, (index) => `the ${index}th`);
  expect((await run(["--space", ada, "sync", "--relay", relay.url])).code).toBe(0);
  await relay.kill();
  cpSync(data, unsealed, { recursive: true });
  const timed = await startRelay(data, port);
  const startMs = Date.now();
  await untilSealed(timed);
  sealMs = Date.now() - startMs;
  await timed.kill();
}, 120_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

async function untilSealed({ url }: RelayProcess): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}/v1/${space}/main/Acme`);
    const { head } = (await answer.json()) as { head: number };
    if (head > 0) return;
  }
}

/** How far sealing had come. */
function stateOf(): string {
  const database = new Database(join(data, `${space}.db`));
  try {
    const held = database.prepare("select count(*) from segment").pluck().get();
    const emptied = database.prepare("select count(*) from block where bytes is null").pluck().get();
    return held === 0 ? "nothing was sealed" : emptied === 0 ? "no row was emptied" : "rows were emptied";
  } finally {
    database.close();
  }
}

/** By chance in the middle of the compression, or while the rows give their bytes back. */
async function killWhileSealing(chance: () => number): Promise<void> {
  rmSync(data, { recursive: true });
  cpSync(unsealed, data, { recursive: true });
  const relay = await startRelay(data, port);
  const isLate = chance() < 0.6;
  if (isLate) await untilSealed(relay);
  const delayMs = chance() * (isLate ? 20 : sealMs);
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  await relay.kill();
}

test(`R71, R73, L5: kill -9 of a relay while it seals loses nothing, and the next one goes on (${kills} kills)`, async () => {
  const before = [...readRelay(unsealed).blocks];
  const chance = seededChance(seed);
  const states: Record<string, number> = {};
  for (let kill = 0; kill < kills; kill += 1) {
    await killWhileSealing(chance);
    expect((await examineData(data, false)).problems, `seed ${seed}, kill ${kill + 1}`).toEqual([]);
    const { blocks, changes } = readRelay(data);
    expect([...blocks], `seed ${seed}, kill ${kill + 1}`).toEqual(before);
    expect(changes.length).toBeGreaterThan(changeCount);
    const state = stateOf();
    states[state] = (states[state] ?? 0) + 1;
  }
  console.log(`killed when ${JSON.stringify(states)}, the first seal after ${sealMs} ms`);
  const last = await startRelay(data, port);
  try {
    await untilSealed(last);
    const carol = join(root, "carol");
    const joined = await run(["--json", "join", last.url, carol, "--as", "Carol"]);
    expect(joined.json, joined.stderr).toMatchObject({ sync: { state: "synced", pending: 0 } });
    const store = openReplicaStore(join(carol, ".darklang", "space.db"));
    expect(store.read(({ changes }) => changes.count())).toBeGreaterThan(changeCount);
    store.close();
  } finally {
    await last.kill();
  }
  expect((await examineData(data, false)).problems).toEqual([]);
}, 300_000);
