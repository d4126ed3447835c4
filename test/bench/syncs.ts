import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Finding, median, rounded } from "./measure.ts";
import { edits } from "./payload.ts";
import { CountingProxy, darklangBin, type Running, runNode, startRawRelay, startRelay } from "./processes.ts";
import { RawStore } from "./raw-store.ts";
import { copySpace, makeSpace, openSpaceIn, saveInBatches } from "./spaces.ts";

/** A relay's data and two synced spaces, all closed, and the same rows for the raw side. */
export interface World {
  readonly changes: number;
  readonly relayData: string;
  readonly ada: string;
  readonly bob: string;
  readonly rawDatabase: string;
}

const newChanges = 1000;
const roundCount = 5;

function darklang(folder: string, ...args: readonly string[]): Promise<{ ms: number; stdout: string }> {
  return runNode([darklangBin, ...args, "--space", folder, "--json"]);
}

/** Makes a world: Ada saves `changes` changes offline and syncs them; Bob joins. */
export async function makeWorld(dir: string, changes: number): Promise<World> {
  mkdirSync(dir, { recursive: true });
  const world = {
    changes,
    relayData: join(dir, "relay"),
    ada: join(dir, "ada"),
    bob: join(dir, "bob"),
    rawDatabase: join(dir, "raw.db"),
  };
  const replica = await makeSpace(world.ada, "Ada", "normal");
  await saveInBatches(replica, edits(9, changes, Math.ceil(changes / 5)), 1000);
  const rows = replica.store.read((tables) =>
    tables.changes.latest(changes + 1).flatMap(({ bytes }) => bytes ?? []),
  );
  replica.store.close();
  const raw = new RawStore(world.rawDatabase, false);
  raw.write(rows);
  raw.close();
  const relay = await startRelay(world.relayData);
  await darklang(world.ada, "sync", "--relay", url(relay.port));
  await runNode([darklangBin, "join", url(relay.port), world.bob, "--as", "Bob", "--json"]);
  await relay.stop();
  return world;
}

function url(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** The bytes of changes that wait in a space. */
async function waitingBytes(folder: string): Promise<readonly Uint8Array[]> {
  const replica = await openSpaceIn(folder);
  const rows = replica.store.read((tables) =>
    tables.changes.latest(newChanges).flatMap(({ bytes }) => bytes ?? []),
  );
  replica.store.close();
  return rows;
}

/** A copy of a world in which the relay has 1,000 changes that Bob lacks, and Bob 1,000 that it lacks. */
async function divergedWorld(
  world: World,
  dir: string,
): Promise<{ world: World; bobRows: readonly Uint8Array[]; adaRows: readonly Uint8Array[] }> {
  mkdirSync(dir, { recursive: true });
  const copy: World = {
    ...world,
    relayData: join(dir, "relay"),
    ada: join(dir, "ada"),
    bob: join(dir, "bob"),
    rawDatabase: join(dir, "raw.db"),
  };
  for (const part of ["relayData", "ada", "bob", "rawDatabase"] as const) copySpace(world[part], copy[part]);
  const places = Math.ceil(world.changes / 5);
  // At different places, so that what is measured is sync and not the making of conflicts.
  const [adaEdits, bobEdits] = [edits(21, 4 * newChanges, places), edits(22, 4 * newChanges, places)].map(
    (all, half) =>
      all.filter(({ location }) => Number(/\d+$/.exec(location)?.[0]) % 2 === half).slice(-newChanges),
  );
  for (const [folder, definitions] of [
    [copy.ada, adaEdits],
    [copy.bob, bobEdits],
  ] as const) {
    const replica = await openSpaceIn(folder, "normal");
    await saveInBatches(replica, definitions ?? [], newChanges);
    replica.store.close();
  }
  const [adaRows, bobRows] = [await waitingBytes(copy.ada), await waitingBytes(copy.bob)];
  const relay = await startRelay(copy.relayData);
  await darklang(copy.ada, "sync", "--relay", url(relay.port));
  await relay.stop();
  const raw = new RawStore(copy.rawDatabase, false);
  raw.write(adaRows);
  raw.close();
  return { world: copy, adaRows, bobRows };
}

/** T5, T6: Bob's process from its start to synced, 1,000 changes in and 1,000 out, beside the raw exchange. */
export async function measureCatchUp(dir: string, worlds: readonly World[]): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const medians: { ms: number; up: number; down: number }[] = [];
  for (const [number, world] of worlds.entries()) {
    const samples = { ours: [] as number[], raw: [] as number[], up: [] as number[], down: [] as number[] };
    const rawBytes = { up: 0, down: 0 };
    for (let round = 0; round < roundCount; round += 1) {
      const diverged = await divergedWorld(world, join(dir, `catch-up-${number}-${round}`));
      rawBytes.up = sumOf(diverged.bobRows);
      rawBytes.down = sumOf(diverged.adaRows);
      samples.raw.push(await rawCatchUp(diverged.world, diverged.bobRows));
      const counted = join(dir, `counted-${number}-${round}`);
      copySpace(diverged.world.bob, counted);
      const countedRelay = join(dir, `counted-relay-${number}-${round}`);
      copySpace(diverged.world.relayData, countedRelay);
      samples.ours.push(await timedSync(diverged.world.bob, diverged.world.relayData));
      const bytes = await countedSync(counted, countedRelay);
      samples.up.push(bytes.up);
      samples.down.push(bytes.down);
    }
    const result = { ms: median(samples.ours), up: median(samples.up), down: median(samples.down) };
    medians.push(result);
    const on = `on ${world.changes.toLocaleString("en")}`;
    const rawMs = median(samples.raw);
    findings.push({
      target: "T5",
      work: `catch-up, 1,000 in and 1,000 out, ${on}, process start to synced`,
      unit: "ms",
      darksync: rounded(result.ms),
      raw: rounded(rawMs),
      ratio: rounded(result.ms / rawMs),
      goal: "≤ 3 × raw",
      reached: result.ms <= 3 * rawMs,
      samples: { darksync: samples.ours.map(rounded), raw: samples.raw.map(rounded) },
    });
    for (const way of ["up", "down"] as const) {
      findings.push({
        target: "T6",
        work: `its bytes ${way}, ${on}`,
        unit: "B",
        darksync: result[way],
        raw: rawBytes[way],
        ratio: rounded(result[way] / rawBytes[way]),
        goal: "≤ 0.3 × raw",
        reached: result[way] <= 0.3 * rawBytes[way],
        samples: { darksync: samples[way] },
      });
    }
  }
  const [small, large] = [medians[0], medians.at(-1)];
  if (small !== undefined && large !== undefined && worlds.length > 1) {
    findings.push(
      growth("catch-up time", "ms", large.ms, small.ms),
      growth("catch-up bytes, both ways", "B", large.up + large.down, small.up + small.down),
    );
  }
  return findings;
}

function growth(work: string, unit: string, large: number, small: number): Finding {
  return {
    target: "T5",
    work: `${work} on 100,000 beside 1,000`,
    unit,
    darksync: rounded(large),
    raw: rounded(small),
    ratio: rounded(large / small),
    goal: "≤ 1.3 ×",
    reached: large <= 1.3 * small,
    samples: {},
  };
}

function sumOf(rows: readonly Uint8Array[]): number {
  return rows.reduce((sum, row) => sum + row.length, 0);
}

async function rawCatchUp(world: World, bobRows: readonly Uint8Array[]): Promise<number> {
  const outbox = `${world.rawDatabase}.outbox`;
  const store = new RawStore(outbox, false);
  store.write(bobRows);
  store.close();
  const inbox = `${world.rawDatabase}.inbox`;
  copySpace(world.rawDatabase, inbox);
  const relay = await startRawRelay(world.rawDatabase);
  const { ms } = await runNode([
    join(import.meta.dirname, "raw-client.ts"),
    String(relay.port),
    inbox,
    String(world.changes + 1),
    outbox,
  ]);
  await relay.stop();
  return ms;
}

async function timedSync(folder: string, relayData: string): Promise<number> {
  const relay = await startRelay(relayData);
  await linkTo(folder, relay);
  const { ms, stdout } = await darklang(folder, "sync");
  await relay.stop();
  const { pushed, pulled, conflicts } = JSON.parse(stdout) as Record<string, number>;
  if (pushed !== newChanges || pulled !== newChanges || conflicts !== 0)
    throw new Error(`not what was to be measured: ${stdout}`);
  return ms;
}

async function countedSync(
  folder: string,
  relayData: string,
): Promise<{ up: number; down: number; turns: number }> {
  const relay = await startRelay(relayData);
  const proxy = await CountingProxy.start(relay.port);
  await linkTo(folder, proxy);
  await darklang(folder, "sync");
  const { up, down, turns } = proxy;
  proxy.stop();
  await relay.stop();
  return { up, down, turns };
}

async function linkTo(folder: string, { port }: { readonly port: number }): Promise<void> {
  const replica = await openSpaceIn(folder);
  await replica.store.write(({ meta }) => meta.set("relay", url(port)));
  replica.store.close();
}

/** T7: a sync of a space in which nothing is new on either side. */
export async function measureReconnect(dir: string, worlds: readonly World[]): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const world of worlds) {
    const [folder, relayData] = [join(dir, `t7-${world.changes}`), join(dir, `t7-relay-${world.changes}`)];
    copySpace(world.bob, folder);
    copySpace(world.relayData, relayData);
    await countedSync(folder, relayData);
    const { up, down, turns } = await countedSync(folder, relayData);
    findings.push({
      target: "T7",
      work: `reconnect with nothing new on ${world.changes.toLocaleString("en")}, ${turns} round trip`,
      unit: "B",
      darksync: up + down,
      raw: null,
      ratio: null,
      goal: "≤ 300 B, 1 round trip",
      reached: up + down <= 300 && turns === 1,
      samples: { up: [up], down: [down] },
    });
  }
  return findings;
}

/** T3, T4: a new copy of a space, to disk, verified and folded, beside rows that are only sent and stored. */
export async function measureClone(dir: string, world: World): Promise<readonly Finding[]> {
  const samples = { ours: [] as number[], raw: [] as number[] };
  let bytes = 0;
  for (let round = 0; round < 3; round += 1) {
    const relayData = join(dir, `clone-relay-${round}`);
    copySpace(world.relayData, relayData);
    const relay = await startRelay(relayData);
    const proxy = await CountingProxy.start(relay.port);
    const join_ = (port: number, name: string) =>
      runNode([darklangBin, "join", url(port), join(dir, `clone-${name}-${round}`), "--as", name, "--json"]);
    samples.ours.push((await join_(relay.port, "Cleo")).ms);
    if (round === 0) {
      await join_(proxy.port, "Dora");
      bytes = proxy.down;
    }
    proxy.stop();
    await relay.stop();
    const rawRelay: Running = await startRawRelay(world.rawDatabase);
    const client = join(import.meta.dirname, "raw-client.ts");
    samples.raw.push(
      (await runNode([client, String(rawRelay.port), join(dir, `clone-raw-${round}.db`), "0"])).ms,
    );
    await rawRelay.stop();
  }
  const [ours, raw] = [median(samples.ours), median(samples.raw)];
  const rawStore = new RawStore(world.rawDatabase, false);
  const rawBytes = sumOf(rawStore.after(0));
  rawStore.close();
  const work = `clone of ${world.changes.toLocaleString("en")} changes`;
  return [
    {
      target: "T3",
      work: `${work}, verified and folded`,
      unit: "ms",
      darksync: rounded(ours),
      raw: rounded(raw),
      ratio: rounded(ours / raw),
      goal: "(with the issue on proof)",
      reached: null,
      samples: { darksync: samples.ours.map(rounded), raw: samples.raw.map(rounded) },
    },
    {
      target: "T4",
      work: "its bytes",
      unit: "B",
      darksync: bytes,
      raw: rawBytes,
      ratio: rounded(bytes / rawBytes),
      goal: "(with the issue on proof)",
      reached: null,
      samples: { size: [statSync(world.rawDatabase).size] },
    },
  ];
}

/** T13: one look-up in a space, beside an empty Node program; taking turns. */
export async function measureStart(world: World): Promise<readonly Finding[]> {
  const samples = { ours: [] as number[], raw: [] as number[] };
  for (let round = 0; round < 15; round += 1) {
    samples.raw.push((await runNode(["-e", "0"])).ms);
    samples.ours.push((await darklang(world.bob, "view", "Acme.Part5.function5", "--offline")).ms);
  }
  const [ours, raw] = [median(samples.ours), median(samples.raw)];
  return [
    {
      target: "T13",
      work: `one look-up in ${world.changes.toLocaleString("en")} changes, above bare node`,
      unit: "ms",
      darksync: rounded(ours - raw),
      raw: rounded(raw),
      ratio: rounded(ours / raw),
      goal: "≤ 80 ms above bare node",
      reached: ours - raw <= 80,
      samples: { darksync: samples.ours.map(rounded), raw: samples.raw.map(rounded) },
    },
  ];
}
