import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { eachEdit, edits } from "./payload.ts";
import { CountingProxy, darklangBin, type Running, runNode, startRelay } from "./processes.ts";
import { RawStore } from "./raw-store.ts";
import { waitUntilSealed } from "./sealed.ts";
import { closing, darklang, joinSpace, linkTo, urlOf } from "./space-commands.ts";
import { copySpace, makeSpace, openSpaceIn, saveInBatches } from "./spaces.ts";
import { newEdits, type SyncSide, type Traffic } from "./sync-side.ts";

/** Of a million, which would take a relay a quarter of an hour, newcomers get what is sealed by then so, the rest not. */
const mostSealed = 200_000;

/** A relay's data and two synced spaces, all closed, and the same rows for the raw side. */
export interface World {
  readonly changes: number;
  readonly relayData: string;
  readonly ada: string;
  readonly bob: string;
  readonly rawDatabase: string;
}

/** A world in which Bob has edits that wait, and the relay has some of Ada that he lacks. */
export interface DivergedWorld extends World {
  readonly adaRows: readonly Uint8Array[];
  readonly bobRows: readonly Uint8Array[];
}

/** Makes a world: Ada saves `changes` changes offline and syncs them; Bob joins. */
export async function makeWorld(dir: string, changes: number): Promise<World> {
  mkdirSync(dir, { recursive: true });
  const world = worldIn(dir, changes);
  const raw = new RawStore(world.rawDatabase, false);
  await closing(await makeSpace(world.ada, "Ada", "normal"), async (replica) => {
    for (const batch of batches(eachEdit(9, changes, Math.ceil(changes / 5)), 1000)) {
      await saveInBatches(replica, batch, batch.length);
      raw.write(latestRows(replica, batch.length));
    }
  });
  raw.close();
  return shared(world);
}

/** The same with the definitions of a folder of files, as `darklang import` takes them. */
export async function makeTreeWorld(dir: string, tree: string): Promise<World> {
  mkdirSync(dir, { recursive: true });
  const ada = worldIn(dir, 0).ada;
  await runNode([darklangBin, "init", ada, "--as", "Ada", "--json"]);
  const imported = (await darklang(ada, "import", tree)).json as { readonly added: number };
  const world = worldIn(dir, imported.added);
  const raw = new RawStore(world.rawDatabase, false);
  await closing(await openSpaceIn(ada, "normal"), (replica) =>
    raw.write(latestRows(replica, imported.added)),
  );
  raw.close();
  return shared(world);
}

/** Ada syncs, the relay seals what came, Bob joins. */
async function shared(world: World): Promise<World> {
  const relay = await startRelay(world.relayData);
  await darklang(world.ada, "sync", "--relay", urlOf(relay));
  if (world.changes <= mostSealed)
    await closing(await openSpaceIn(world.ada), (ada) => waitUntilSealed(relay, ada));
  await joinSpace(relay, world.bob, "Bob");
  await relay.stop();
  return world;
}

function* batches<Item>(items: Iterable<Item>, size: number): Generator<readonly Item[]> {
  let batch: Item[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** A copy of a world in which the relay has 1,000 changes that Bob lacks, and Bob 1,000 that it lacks. */
export async function divergedWorld(world: World, dir: string): Promise<DivergedWorld> {
  mkdirSync(dir, { recursive: true });
  const copy = worldIn(dir, world.changes);
  for (const part of ["relayData", "ada", "bob", "rawDatabase"] as const) copySpace(world[part], copy[part]);
  const places = Math.ceil(world.changes / 5);
  const rows: (readonly Uint8Array[])[] = [];
  for (const [half, folder] of [copy.ada, copy.bob].entries()) {
    // At different places, so that what is measured is sync and not the making of conflicts.
    const definitions = edits(21 + half, 4 * newEdits, places)
      .filter(({ location }) => Number(/\d+$/.exec(location)?.[0]) % 2 === half)
      .slice(-newEdits);
    const saved = await closing(await openSpaceIn(folder, "normal"), async (replica) => {
      await saveInBatches(replica, definitions, newEdits);
      return latestRows(replica, newEdits);
    });
    rows.push(saved);
  }
  const [adaRows = [], bobRows = []] = rows;
  const relay = await startRelay(copy.relayData);
  // The same relay at another port: linking it anew would make all pending again.
  await linkTo(copy.ada, relay);
  await darklang(copy.ada, "sync");
  await relay.stop();
  const raw = new RawStore(copy.rawDatabase, false);
  raw.write(adaRows);
  raw.close();
  return { ...copy, adaRows, bobRows };
}

/** Where a world lies in its folder. */
export function worldIn(dir: string, changes: number): World {
  return {
    changes,
    relayData: join(dir, "relay"),
    ada: join(dir, "ada"),
    bob: join(dir, "bob"),
    rawDatabase: join(dir, "raw.db"),
  };
}

function latestRows(
  { store }: Awaited<ReturnType<typeof openSpaceIn>>,
  count: number,
): readonly Uint8Array[] {
  return store.read((tables) => tables.changes.latest(count).flatMap(({ bytes }) => bytes ?? []));
}

/** `darklang` and `darklang-relay` as they are built. `diverged` gives the world of each round, which raw shares. */
export class DarksyncSyncs implements SyncSide {
  readonly name = "darksync";
  readonly ops: number;
  readonly #world: World;
  readonly #diverged: (dir: string) => Promise<DivergedWorld>;
  #idle: World | null = null;

  constructor(world: World, diverged: (dir: string) => Promise<DivergedWorld>) {
    this.ops = world.changes;
    this.#world = world;
    this.#diverged = diverged;
  }

  clone(dir: string): Promise<number> {
    return onRelayCopy(this.#world, dir, async (relay) => (await joinAs(relay, dir)).ms);
  }

  cloneTraffic(dir: string): Promise<Traffic> {
    return onRelayCopy(this.#world, dir, (relay) => counted(relay, (proxy) => joinAs(proxy, dir)));
  }

  async catchUp(dir: string): Promise<{ readonly ms: number; readonly traffic: Traffic }> {
    const world = await this.#diverged(dir);
    const [bob, relayData] = [join(dir, "counted-bob"), join(dir, "counted-relay")];
    copySpace(world.bob, bob);
    copySpace(world.relayData, relayData);
    const ms = await timedCatchUp(world.bob, world.relayData);
    const relay = await startRelay(relayData);
    const traffic = await counted(relay, async (proxy) => {
      await linkTo(bob, proxy);
      await darklang(bob, "sync");
    });
    await relay.stop();
    return { ms, traffic };
  }

  async idleSync(dir: string): Promise<{ readonly ms: number; readonly traffic: Traffic }> {
    const { bob, relayData } = this.#idle ?? (await this.#syncedCopy(dir));
    const relay = await startRelay(relayData);
    await linkTo(bob, relay);
    const { ms } = await darklang(bob, "sync");
    const traffic = await counted(relay, async (proxy) => {
      await linkTo(bob, proxy);
      await darklang(bob, "sync");
    });
    await relay.stop();
    return { ms, traffic };
  }

  async lookUp(): Promise<number> {
    return (await darklang(this.#world.bob, "view", "Acme.Part5.function5", "--offline")).ms;
  }

  // Ada's joining and Bob's are news to both at first.
  async #syncedCopy(dir: string): Promise<World> {
    mkdirSync(dir, { recursive: true });
    const copy = worldIn(dir, this.ops);
    copySpace(this.#world.bob, copy.bob);
    copySpace(this.#world.relayData, copy.relayData);
    const relay = await startRelay(copy.relayData);
    await linkTo(copy.bob, relay);
    await darklang(copy.bob, "sync");
    await relay.stop();
    this.#idle = copy;
    return copy;
  }
}

async function onRelayCopy<Value>(
  world: World,
  dir: string,
  work: (relay: Running) => Promise<Value>,
): Promise<Value> {
  const relayData = join(dir, "relay");
  copySpace(world.relayData, relayData);
  const relay = await startRelay(relayData);
  const value = await work(relay);
  await relay.stop();
  return value;
}

async function joinAs({ port }: Pick<Running, "port">, dir: string): Promise<{ readonly ms: number }> {
  return runNode([darklangBin, "join", urlOf({ port }), join(dir, "cleo"), "--as", "Cleo", "--json"]);
}

async function counted(relay: Running, work: (proxy: CountingProxy) => Promise<unknown>): Promise<Traffic> {
  const proxy = await CountingProxy.start(relay.port);
  await work(proxy);
  const { up, down, turns } = proxy;
  proxy.stop();
  return { up, down, turns };
}

async function timedCatchUp(bob: string, relayData: string): Promise<number> {
  const relay = await startRelay(relayData);
  await linkTo(bob, relay);
  const { ms, json } = await darklang(bob, "sync");
  await relay.stop();
  const { pushed, pulled, conflicts } = json as Record<string, number>;
  if (pushed !== newEdits || pulled !== newEdits || conflicts !== 0)
    throw new Error(`not what was to be measured: ${JSON.stringify(json)}`);
  return ms;
}
