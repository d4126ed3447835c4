import { join } from "node:path";
import { type Finding, median, rounded } from "./measure.ts";
import type { SyncSide } from "./sync-side.ts";
import { compared, type Outcomes, takeTurns } from "./turns.ts";

const roundCount = 3;
const startRounds = 9;

/** Every round has a folder of its own. */
type FolderOf = (side: SyncSide, round: number) => string;

function foldersIn(dir: string, what: string): FolderOf {
  return (side, round) => join(dir, `${what}-${side.name}-${side.ops}-${round}`);
}

/** Which sizes the sides were measured at, where they differ. */
function sizesOf(sides: readonly SyncSide[]): string {
  const [first] = sides;
  const others = sides.filter(({ ops }) => ops !== first?.ops);
  return others.map(({ name, ops }) => `${name} at ${ops.toLocaleString("en")}`).join("; ");
}

/** T3, T4: a new copy, to disk; with darksync verified and folded, with git checked out. */
export async function measureClone(dir: string, sides: readonly SyncSide[]): Promise<readonly Finding[]> {
  const folder = foldersIn(dir, "clone");
  const outcomes = await takeTurns(sides, roundCount, async (side, round) => {
    const ms = await side.clone(folder(side, round));
    // What goes over the wire is the same each time.
    if (round > 0) return { ms };
    return { ms, bytes: (await side.cloneTraffic(`${folder(side, round)}-counted`)).down };
  });
  const work = `clone of ${countOf(sides)} edits, process start to exit`;
  const note = sizesOf(sides);
  const sized = bestOfSameSize(outcomes, sides);
  return [
    compared(
      outcomes,
      "ms",
      { target: "T3", work, unit: "ms", goal: "≤ 0.7 × the best peer", note },
      (darksync) => darksync <= 0.7 * sized("ms"),
    ),
    compared(
      outcomes,
      "bytes",
      { target: "T4", work: "its bytes", unit: "B", goal: "≤ 0.23 × raw", note },
      (darksync, raw) => darksync <= 0.23 * raw,
    ),
  ];
}

/** The least of the peers that were measured at the same size. */
function bestOfSameSize(outcomes: Outcomes, sides: readonly SyncSide[]): (figure: string) => number {
  const ops = sides.find(({ name }) => name === "darksync")?.ops;
  const peers = sides.filter((side) => side.ops === ops && side.name !== "darksync" && side.name !== "raw");
  return (figure) =>
    Math.min(...peers.map(({ name }) => median(outcomes.get(name)?.figures.get(figure) ?? [Infinity])));
}

/** T5, T6: 1,000 edits in and 1,000 out, from the start of the process to synced, and the bytes of that. */
export async function measureCatchUp(
  dir: string,
  sides: readonly SyncSide[],
  rounds: number = roundCount,
): Promise<readonly Finding[]> {
  const folder = foldersIn(dir, "catch-up");
  const outcomes = await takeTurns(sides, rounds, async (side, round) => {
    const { ms, traffic } = await side.catchUp(folder(side, round));
    return { ms, up: traffic.up, down: traffic.down };
  });
  const on = `on ${countOf(sides)}`;
  const note = sizesOf(sides);
  return [
    compared(
      outcomes,
      "ms",
      {
        target: "T5",
        work: `catch-up, 1,000 in and 1,000 out, ${on}; process start to exit`,
        unit: "ms",
        goal: "≤ 3 × raw",
        note,
      },
      (darksync, raw) => darksync <= 3 * raw,
    ),
    ...(["up", "down"] as const).map((way) =>
      compared(
        outcomes,
        way,
        { target: "T6", work: `its bytes ${way}, ${on}`, unit: "B", goal: "≤ 0.3 × raw", note },
        (darksync, raw) => darksync <= 0.3 * raw,
      ),
    ),
  ];
}

/** How a finding grew from a small world to a large one. */
export function growth(
  small: readonly Finding[],
  large: readonly Finding[],
  target: string,
  sizes: string,
  most: number,
): Finding {
  const valueIn = (findings: readonly Finding[]) =>
    findings.find((finding) => finding.target === target)?.darksync ?? Number.NaN;
  const [after, before] = [valueIn(large), valueIn(small)];
  return {
    target,
    work: `darksync's time ${sizes}`,
    unit: "ms",
    darksync: rounded(after),
    raw: rounded(before),
    ratio: rounded(after / before),
    goal: `≤ ${most} ×`,
    reached: after <= most * before,
    note: "in the column of raw: on the smaller one",
    samples: {},
  };
}

/** T7: a sync with nothing new on either side: bytes both ways, and round trips. */
export async function measureReconnect(dir: string, sides: readonly SyncSide[]): Promise<readonly Finding[]> {
  const folder = foldersIn(dir, "reconnect");
  const outcomes = await takeTurns(sides, 1, async (side, round) => {
    const { traffic } = await side.idleSync(folder(side, round));
    return { bytes: traffic.up + traffic.down, turns: traffic.turns };
  });
  const note = sizesOf(sides);
  const work = `reconnect with nothing new on ${countOf(sides)}`;
  return [
    compared(
      outcomes,
      "bytes",
      { target: "T7", work, unit: "B", goal: "≤ 300 B", note },
      (bytes) => bytes <= 300,
    ),
    compared(
      outcomes,
      "turns",
      { target: "T7", work: "its round trips", unit: "", goal: "1", note },
      (turns) => turns === 1,
    ),
  ];
}

/** T13: one look-up as a process, above an empty Node program (raw). */
export async function measureStart(sides: readonly SyncSide[]): Promise<readonly Finding[]> {
  const outcomes = await takeTurns(sides, startRounds, async (side) => ({ ms: await side.lookUp() }));
  const bare = median(outcomes.get("raw")?.figures.get("ms") ?? []);
  const work = `one look-up in ${countOf(sides)} edits as a process; raw: bare node`;
  return [
    compared(
      outcomes,
      "ms",
      { target: "T13", work, unit: "ms", goal: "≤ 80 ms above bare node", note: sizesOf(sides) },
      (darksync) => darksync - bare <= 80,
    ),
  ];
}

/** T14: an idle sync of a tree of 12,000 ops, from the start of the process to its exit. */
export async function measureIdleSync(dir: string, sides: readonly SyncSide[]): Promise<readonly Finding[]> {
  const folder = foldersIn(dir, "idle");
  const outcomes = await takeTurns(sides, roundCount, async (side, round) => ({
    ms: (await side.idleSync(folder(side, round))).ms,
  }));
  const work = "idle sync of a tree of 12,000 ops as a process";
  return [
    compared(
      outcomes,
      "ms",
      { target: "T14", work, unit: "ms", goal: "≤ 150 ms" },
      (darksync) => darksync <= 150,
    ),
  ];
}

function countOf(sides: readonly SyncSide[]): string {
  return (sides[0]?.ops ?? 0).toLocaleString("en");
}
