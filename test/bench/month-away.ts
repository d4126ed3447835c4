import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { remove } from "@darksync/runtime/edit/remove";
import type { DefinitionToSave } from "@darksync/runtime/edit/save";
import type { Replica } from "@darksync/runtime/replica/replica";
import { linkedDefinitions, moduleNumber, newBodies, withLastLine } from "./conflict-payload.ts";
import { type Finding, median, rounded } from "./measure.ts";
import { darklangBin, runNode, startRawRelay, startRelay } from "./processes.ts";
import { RawStore } from "./raw-store.ts";
import { closing, darklang, joinSpace, linkTo, shownIn, urlOf } from "./space-commands.ts";
import { copySpace, makeSpace, openSpaceIn, saveInBatches } from "./spaces.ts";

const definitionCount = 10_000;
const upstreamCount = 100_000;
const ownCount = 500;
const removedCount = 20;
const modulesOfBob = 6;
const roundCount = 3;
const bulkBatch = 1000;

/** How Bob settles what he comes home to: as many commands as he has opinions. */
const commands: readonly (readonly string[])[] = [
  ["--rule", "keep-edit-over-delete", "--kind", "edit-delete"],
  ["--rule", "mine", "--in", "Acme.Part0"],
  ["--rule", "theirs", "--by", "Cleo"],
  ["--rule", "newest"],
];

/** A relay that Ada and Cleo have synced with, Bob's space, that has not for a month, and the same rows for raw. */
interface Away {
  readonly relayData: string;
  readonly ada: string;
  readonly cleo: string;
  readonly bob: string;
  /** What Bob lacks, and what he has to send. */
  readonly rawUpstream: string;
  readonly rawOwn: string;
}

/**
 * A month away: Bob has 500 unsynced edits, in six modules of a space of 10,000 definitions. Meanwhile Ada and Cleo made
 * 100,000 changes, among them edits of the same lines, and removals of what he edited. Timed as processes: his sync, the
 * summary of what needs a decision, and the commands that settle all of it. The sync is set beside rows that are only
 * sent and stored.
 */
export async function measureMonthAway(dir: string): Promise<readonly Finding[]> {
  const away = await makeAway(join(dir, "away"));
  const samples = {
    sync: [] as number[],
    raw: [] as number[],
    summary: [] as number[],
    settle: [] as number[],
    push: [] as number[],
  };
  for (let round = 0; round < roundCount; round += 1) {
    const home = join(dir, `away-${round}`);
    mkdirSync(home);
    const [bob, ada, relayData] = [join(home, "bob"), join(home, "ada"), join(home, "relay")];
    copySpace(away.bob, bob);
    copySpace(away.ada, ada);
    copySpace(away.relayData, relayData);
    samples.raw.push(await rawSync(away, home));
    const relay = await startRelay(relayData);
    await linkTo(bob, relay);
    samples.sync.push(await syncHome(bob));
    samples.summary.push(await summarize(bob, round === 0));
    samples.settle.push(await settleAll(bob));
    samples.push.push((await darklang(bob, "sync")).ms);
    if (round === 0) {
      await linkTo(ada, relay);
      await darklang(ada, "sync");
      if ((await shownIn(ada, shownCount)) !== (await shownIn(bob, shownCount)))
        throw new Error("the two replicas show different packages");
    }
    await relay.stop();
  }
  return [
    finding("sync: 100,000 changes in, 500 out, 500 conflicts", samples.sync, samples.raw),
    finding("`conflicts`: the summary of 500", samples.summary, null),
    finding(`${commands.length} commands settle all 500`, samples.settle, null),
    finding("sync of what settled them", samples.push, null),
  ];
}

/** Of the removed definitions Bob keeps all: his edits stand. */
const shownCount = definitionCount;

async function makeAway(dir: string): Promise<Away> {
  mkdirSync(dir, { recursive: true });
  const away: Away = {
    relayData: join(dir, "relay"),
    ada: join(dir, "ada"),
    cleo: join(dir, "cleo"),
    bob: join(dir, "bob"),
    rawUpstream: join(dir, "raw-upstream.db"),
    rawOwn: join(dir, "raw-own.db"),
  };
  const base = linkedDefinitions(71, definitionCount);
  await closing(await makeSpace(away.ada, "Ada", "normal"), (replica) =>
    saveInBatches(replica, base, bulkBatch),
  );
  const relay = await startRelay(away.relayData);
  await darklang(away.ada, "sync", "--relay", urlOf(relay));
  await joinSpace(relay, away.cleo, "Cleo");
  await joinSpace(relay, away.bob, "Bob");
  const own = base.filter((_, index) => moduleNumber(index) < modulesOfBob).slice(0, ownCount);
  await work(away.bob, withLastLine(own, "bobsAnswer"), [], away.rawOwn);
  await workUpstream(away, base, own);
  for (const folder of [away.ada, away.cleo]) await darklang(folder, "sync");
  await relay.stop();
  return away;
}

/** Two authors change other definitions again and again, each their own, and in the end those that Bob changed too. */
async function workUpstream(
  away: Away,
  base: readonly DefinitionToSave[],
  own: readonly DefinitionToSave[],
): Promise<void> {
  const others = base.filter((definition) => !own.includes(definition));
  for (const [half, folder] of [away.ada, away.cleo].entries()) {
    const shared = own.filter((_, index) => index % 2 === half);
    const removed = half === 0 ? [] : shared.slice(-removedCount);
    const edited = shared.slice(0, shared.length - removed.length);
    const filling = newBodies(
      73 + half,
      others.filter((_, index) => index % 2 === half),
      upstreamCount / 2 - shared.length,
    );
    const definitions = [...filling, ...withLastLine(edited, "upstreamAnswer")];
    await work(folder, definitions, removed, away.rawUpstream);
  }
}

/** Saves and removes offline; the bytes of the changes go to the raw side as well. */
async function work(
  folder: string,
  definitions: readonly DefinitionToSave[],
  removed: readonly DefinitionToSave[],
  rawDatabase: string,
): Promise<void> {
  const rows = await closing(await openSpaceIn(folder, "normal"), async (replica) => {
    await saveInBatches(replica, definitions, bulkBatch);
    for (const { location } of removed) {
      const result = await remove(replica, location);
      if (!result.ok) throw new Error(result.problem.message);
    }
    return lastRows(replica, definitions.length + removed.length);
  });
  const raw = new RawStore(rawDatabase, false);
  raw.write(rows);
  raw.close();
}

function lastRows({ store }: Replica, count: number): readonly Uint8Array[] {
  return store.read(({ changes }) => changes.latest(count).flatMap(({ bytes }) => bytes ?? []));
}

async function rawSync(away: Away, home: string): Promise<number> {
  const [upstream, inbox] = [join(home, "raw-upstream.db"), join(home, "raw-inbox.db")];
  copySpace(away.rawUpstream, upstream);
  const relay = await startRawRelay(upstream);
  const client = join(import.meta.dirname, "raw-client.ts");
  const { ms } = await runNode([client, `${relay.port}`, inbox, "0", away.rawOwn]);
  await relay.stop();
  return ms;
}

async function syncHome(bob: string): Promise<number> {
  const { ms, json } = await darklang(bob, "sync");
  const { pushed, pulled, conflicts } = json as Record<string, number>;
  if (pushed !== ownCount || (pulled ?? 0) < 0.99 * upstreamCount || conflicts !== ownCount)
    throw new Error(`not what was to be measured: ${JSON.stringify(json)}`);
  return ms;
}

async function summarize(bob: string, isShown: boolean): Promise<number> {
  const { ms, stdout } = await runNode([darklangBin, "conflicts", "--space", bob, "--offline"]);
  if (!stdout.startsWith(`${ownCount} conflicts.`)) throw new Error(`no summary: ${stdout}`);
  if (isShown) console.log(stdout);
  return ms;
}

async function settleAll(bob: string): Promise<number> {
  let total = 0;
  let remaining: unknown = ownCount;
  for (const command of commands) {
    const { ms, json } = await darklang(bob, "conflicts", "resolve", "--all", ...command, "--offline");
    if (json.remaining === remaining) throw new Error(`${command.join(" ")} settled nothing`);
    total += ms;
    remaining = json.remaining;
  }
  if (remaining !== 0) throw new Error(`${remaining} conflicts remain`);
  return total;
}

function finding(work: string, ours: readonly number[], raw: readonly number[] | null): Finding {
  const darksync = median(ours);
  const beside = raw === null ? null : median(raw);
  return {
    target: "away",
    work,
    unit: "ms",
    darksync: rounded(darksync),
    raw: beside === null ? null : rounded(beside),
    ratio: beside === null ? null : rounded(darksync / beside),
    goal: "(for information)",
    reached: null,
    samples: { darksync: ours.map(rounded), raw: (raw ?? []).map(rounded) },
  };
}
