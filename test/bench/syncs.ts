import { join } from "node:path";
import { type Finding, median, rounded } from "./measure.ts";
import type { SyncSide } from "./sync-side.ts";
import { compared, type Outcomes, takeTurns } from "./turns.ts";

const startRounds = 9;

/** How often, and how long one measurement may take with all that prepares it. */
export interface Rounds {
  readonly count: number;
  readonly limitMs: number;
}

const standard: Rounds = { count: 3, limitMs: 60_000 };
/** Worlds are copied, edited and sealed before a catch-up begins. */
const withPreparation: Rounds = { count: 3, limitMs: 180_000 };

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
export async function measureClone(
  dir: string,
  sides: readonly SyncSide[],
  rounds: Rounds = standard,
): Promise<readonly Finding[]> {
  const folder = foldersIn(dir, "clone");
  const cloneOf = async (side: SyncSide, round: number) => {
    const ms = await side.clone(folder(side, round));
    // What goes over the wire is the same each time.
    if (round > 0) return { ms };
    return { ms, bytes: (await side.cloneTraffic(`${folder(side, round)}-counted`)).down };
  };
  const outcomes = await takeTurns<SyncSide>(sides, rounds.count, cloneOf, rounds.limitMs);
  const work = `clone of ${countOf(sides)} edits, process start to exit`;
  const note = sizesOf(sides);
  const best = bestOfSameSize(outcomes, sides);
  return [
    compared(
      outcomes,
      "ms",
      { target: "T3", work, unit: "ms", goal: "≤ 0.7 × the best peer", note },
      best === null ? null : (darksync) => darksync <= 0.7 * best,
    ),
    compared(
      outcomes,
      "bytes",
      { target: "T4", work: "its bytes", unit: "B", goal: "≤ 0.23 × raw", note },
      (darksync, raw) => darksync <= 0.23 * raw,
    ),
  ];
}

/** The shortest time of the peers that were measured at darksync's size; null if there are none. */
function bestOfSameSize(outcomes: Outcomes, sides: readonly SyncSide[]): number | null {
  const ops = sides.find(({ name }) => name === "darksync")?.ops;
  const medians = sides
    .filter((side) => side.ops === ops && side.name !== "darksync" && side.name !== "raw")
    .map(({ name }) => outcomes.get(name)?.figures.get("ms") ?? [])
    .filter((times) => times.length > 0)
    .map(median);
  return medians.length === 0 ? null : Math.min(...medians);
}

/** T5, T6: 1,000 edits in and 1,000 out, from the start of the process to synced, and the bytes of that. */
export async function measureCatchUp(
  dir: string,
  sides: readonly SyncSide[],
  rounds: Rounds = withPreparation,
): Promise<readonly Finding[]> {
  const folder = foldersIn(dir, "catch-up");
  const catchUpOf = async (side: SyncSide, round: number) => {
    const { ms, traffic } = await side.catchUp(folder(side, round));
    return { ms, up: traffic.up, down: traffic.down };
  };
  const outcomes = await takeTurns(sides, rounds.count, catchUpOf, rounds.limitMs);
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

/** How a finding grew from a small world to a large one. `most`: times as much as on the small one; null: any. */
export function growth(
  small: readonly Finding[],
  large: readonly Finding[],
  target: string,
  sizes: string,
  most: number | null,
): Finding {
  const findingIn = (findings: readonly Finding[]) => findings.find((finding) => finding.target === target);
  const valueIn = (findings: readonly Finding[]) => findingIn(findings)?.darksync ?? Number.NaN;
  const [after, before] = [valueIn(large), valueIn(small)];
  const unit = findingIn(large)?.unit ?? "ms";
  return {
    target,
    work: `darksync's ${unit === "ms" ? "time" : "bytes"} ${sizes}`,
    unit,
    darksync: rounded(after),
    raw: rounded(before),
    ratio: rounded(after / before),
    goal: most === null ? "(for information)" : `≤ ${most} ×`,
    reached: most === null ? null : after <= most * before,
    note: "in the column of raw: on the smaller one",
    samples: {},
  };
}

/** T7: a sync with nothing new on either side: bytes both ways, and round trips. */
export async function measureReconnect(
  dir: string,
  sides: readonly SyncSide[],
  limitMs: number = standard.limitMs,
): Promise<readonly Finding[]> {
  const folder = foldersIn(dir, "reconnect");
  const reconnectOf = async (side: SyncSide, round: number) => {
    const { traffic } = await side.idleSync(folder(side, round));
    return { bytes: traffic.up + traffic.down, turns: traffic.turns };
  };
  const outcomes = await takeTurns(sides, 1, reconnectOf, limitMs);
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

/** T14: an idle sync, from the start of the process to its exit. `what`: of how much. */
export async function measureIdleSync(
  dir: string,
  sides: readonly SyncSide[],
  what: string,
  limitMs: number = standard.limitMs,
): Promise<readonly Finding[]> {
  const folder = foldersIn(dir, "idle");
  const idleSyncOf = async (side: SyncSide, round: number) => ({
    ms: (await side.idleSync(folder(side, round))).ms,
  });
  const outcomes = await takeTurns(sides, standard.count, idleSyncOf, limitMs);
  const work = `idle sync of ${what} as a process`;
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
