import { basename, dirname, join } from "node:path";
import {
  DarksyncSyncs,
  type DivergedWorld,
  divergedWorld,
  makeTreeWorld,
  makeWorld,
  type World,
  worldIn,
} from "./darksync-world.ts";
import { GitSyncs } from "./git-world.ts";
import type { Finding } from "./measure.ts";
import { makePeerWorld, PeerSyncs } from "./peer-world.ts";
import type { Peers } from "./peers.ts";
import { stopAll } from "./processes.ts";
import { RawSyncs } from "./raw-world.ts";
import type { Side } from "./side.ts";
import { scaled } from "./size.ts";
import type { SyncSide } from "./sync-side.ts";
import {
  growth,
  measureCatchUp,
  measureClone,
  measureIdleSync,
  measureReconnect,
  measureStart,
  type Rounds,
} from "./syncs.ts";
import { reasonOf, within } from "./turns.ts";
import { measureSingleWrites } from "./writes.ts";

const small = 1000;
const large = scaled(100_000, 2000);
/** 12,000 ops: each edit is one that brings a text and one that names it. */
const treeEdits = scaled(6000, 500);
/** `--tree=FOLDER`: a local copy of the real tree (see `real-tree.ts`) in place of one that is made up. */
const treeFolder = process.argv.find((argument) => argument.startsWith("--tree="))?.slice("--tree=".length);
const million = scaled(1_000_000, 5000);
const worldLimitMs = 300_000;
const millionLimitMs = 600_000;
/** `--million=FOLDER`: a world that was made before, in place of one that takes a quarter of an hour to make. */
const millionFolder = process.argv
  .find((argument) => argument.startsWith("--million="))
  ?.slice("--million=".length);
/** One round takes minutes. */
const once: Rounds = { count: 1, limitMs: millionLimitMs };
const severalTimes: Rounds = { count: 3, limitMs: millionLimitMs };

/** Automerge takes minutes to write 100,000 ops, git to write the files of as many commits for each round. */
const sizeOfPeer: Readonly<Record<string, number>> = { automerge: large / 5, git: large / 5 };

type Note = (findings: readonly Finding[]) => void;

/** T1 (on one's own disk), T3 to T7, T13 and T14. */
export async function measureSyncs(
  dir: string,
  wants: (target: string) => boolean,
  peers: Peers,
  note: Note,
): Promise<void> {
  if (!["T1", "T3", "T5", "T7", "T13", "T14"].some(wants)) return;
  const world = await makeWorld(join(dir, "world-large"), large);
  if (wants("T1")) note(await measureSingleWrites(dir, world.bob));
  if (["T3", "T5", "T7", "T13"].some(wants)) {
    const sides = [...ownSides(world), ...(await othersOf(dir, peers, (name) => sizeOfPeer[name] ?? large))];
    if (wants("T3")) note(await measureClone(dir, sides));
    if (wants("T5")) {
      const atSmall = ownSides(await makeWorld(join(dir, "world-small"), small));
      const smaller = await measureCatchUp(dir, atSmall);
      const larger = await measureCatchUp(dir, sides);
      note([...smaller, ...larger, growth(smaller, larger, "T5", `on ${large} beside ${small}`, 1.3)]);
    }
    if (wants("T7")) note(await measureReconnect(dir, sides));
    if (wants("T13")) note(await measureStart(sides));
  }
  if (wants("T14")) {
    const folder = join(dir, "world-tree");
    const tree = ownSides(
      await (treeFolder === undefined ? makeWorld(folder, treeEdits) : makeTreeWorld(folder, treeFolder)),
    );
    note(
      await measureIdleSync(
        dir,
        [...tree, ...(await othersOf(join(dir, "tree"), peers, () => treeEdits))],
        "a tree of 12,000 ops",
      ),
    );
  }
}

/**
 * One million edits beside a hundred thousand: clone, catch-up, reconnect with nothing new, look-up and idle sync. Who
 * cannot in 10 minutes is stopped.
 */
export async function measureMillion(dir: string, peers: Peers, note: Note): Promise<void> {
  const largest = ownSides(
    millionFolder === undefined
      ? await makeWorld(join(dir, "world-million"), million)
      : worldIn(millionFolder, million),
  );
  const larger = ownSides(await makeWorld(join(dir, "world-hundred-thousand"), large));
  const beside = async (
    target: string,
    most: number | null,
    measureOn: (sides: readonly SyncSide[]) => Promise<readonly Finding[]>,
  ) => {
    const [small, big] = [await measureOn(larger), await measureOn(largest)];
    note(
      [...small, ...big, growth(small, big, target, `on ${million} beside ${large}`, most)].map(atMillion),
    );
  };
  await beside("T13", null, measureStart);
  await beside("T7", null, (sides) => measureReconnect(dir, sides, millionLimitMs));
  await beside("T14", null, (sides) => {
    const what = `${(sides[0]?.ops ?? 0).toLocaleString("en")} edits`;
    return measureIdleSync(dir, sides, what, millionLimitMs);
  });
  await beside("T5", 1.2, (sides) => measureCatchUp(dir, sides, severalTimes));
  await beside("T3", null, (sides) => measureClone(dir, sides, once));
  note([await whoReachesMillion(dir, peers)]);
}

function atMillion(finding: Finding): Finding {
  return { ...finding, target: `${finding.target} (million)` };
}

/** How far the peers come with a million: seconds until a client's ops are on the server and can be read again. */
async function whoReachesMillion(dir: string, peers: Peers): Promise<Finding> {
  const reached: Record<string, number | string> = {};
  for (const side of peers.sides) {
    const start = performance.now();
    try {
      await within(millionLimitMs, makePeerWorld(join(dir, "million"), side, million));
      reached[side.name] = Math.round((performance.now() - start) / 1000);
    } catch (error) {
      reached[side.name] = reasonOf(error);
      stopAll();
    }
  }
  return {
    target: "million",
    work: "written by a client, synced, and read again by the server",
    unit: "s",
    darksync: null,
    raw: null,
    ratio: null,
    goal: "within 10 minutes",
    reached: null,
    peers: reached,
    samples: {},
  };
}

/** darksync and raw on one world; a round's diverged copy is made once for both. */
function ownSides(world: World): readonly SyncSide[] {
  const made = new Map<string, Promise<DivergedWorld>>();
  const diverged = (name: string) => (dir: string) => {
    const round = basename(dir).replace(name, "both");
    const known = made.get(round) ?? divergedWorld(world, join(dirname(dir), round));
    made.set(round, known);
    return known;
  };
  return [new RawSyncs(world, diverged("raw")), new DarksyncSyncs(world, diverged("darksync"))];
}

/** The peers and git, each with a history of its own; who cannot make one is left out, and said so. */
async function othersOf(
  dir: string,
  peers: Peers,
  sizeOf: (name: string) => number,
): Promise<readonly SyncSide[]> {
  if (peers.sides.length === 0 && Object.keys(peers.absent).length === 0) return [];
  const sides: SyncSide[] = [];
  const add = async (name: string, make: () => Promise<SyncSide>) => {
    try {
      sides.push(await within(worldLimitMs, make()));
    } catch (error) {
      console.log(`     ${name}: no history of ${sizeOf(name)}: ${reasonOf(error)}`);
      stopAll();
    }
  };
  for (const side of peers.sides) await add(side.name, () => peerSyncs(dir, side, sizeOf(side.name)));
  await add("git", () => GitSyncs.make(join(dir, "git-world"), sizeOf("git")));
  return sides;
}

async function peerSyncs(dir: string, side: Side, ops: number): Promise<SyncSide> {
  return new PeerSyncs(await makePeerWorld(join(dir, "peer-worlds"), side, ops));
}
