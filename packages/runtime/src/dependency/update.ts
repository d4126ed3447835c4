import { type Change, decodeChange } from "@darksync/core/change";
import { mainBranch } from "@darksync/core/conflict";
import type { Folded } from "@darksync/core/fold";
import type { Location } from "@darksync/core/location";
import type { Replica } from "../replica/replica.js";
import type { ChangeRecord } from "../store/change-store.js";
import type { DependencyPair } from "../store/dependency-store.js";
import type { PlacedStream } from "../store/seen-store.js";
import type { ReplicaTables } from "../store/store.js";
import type { BlockRun } from "./concurrent-blocks.js";
import { PairJudge } from "./judge-pairs.js";
import { namingsOf } from "./namings.js";
import { PairFinder, waitingChanges } from "./pair-finder.js";

type Ports = Pick<Replica, "hash" | "language" | "compression">;

/** A block of approved packages that has just come, with its changes where all of them were read. */
export interface TakenBlock extends PlacedStream {
  readonly seq: number;
  readonly changes: readonly Change[] | null;
}

/**
 * Brings the `dependency` records up to what was folded (O4): finds what the blocks that came are concurrent with, and
 * judges again the pairs that touch what changed. Where nothing is concurrent and there is no pair, it does nothing.
 */
export function updateDependencies(
  replica: Ports & Pick<Replica, "device">,
  tables: ReplicaTables,
  folded: Folded,
  taken: readonly TakenBlock[] = [],
): void {
  const { dependencies } = tables;
  // What is set for a branch sets nothing for main.
  if (tables.packages.branch !== mainBranch) return;
  if (taken.length === 0 && folded.judged.size === 0 && dependencies.isEmpty()) return;
  const finder = new PairFinder(replica, tables);
  for (const block of taken) if (block.changes !== null) finder.know(block, block.changes);
  const judge = new PairJudge(replica, tables);
  noteFollowed(tables, judge, finder, folded.judged);
  for (const run of runsOf(taken)) finder.addRun(run);
  finder.addArrived(replica.device, taken);
  if (!dependencies.isEmpty()) {
    const touched = new Set([...folded.locations, ...folded.judged]);
    const again = [...touched].flatMap((location) => dependencies.touching(location));
    for (const pair of [...again, ...dependencies.undecided()])
      finder.pairs.set(`${pair.definition}\n${pair.user}`, pair);
  }
  keepJudged(tables, judge, finder.pairs.values());
}

/** After the own blocks of changes were given up: what they had seen, and who had seen them, is no longer so. */
export function updateWaitingDependencies(
  replica: Ports & Pick<Replica, "device">,
  tables: ReplicaTables,
): void {
  const finder = new PairFinder(replica, tables);
  finder.addWaiting();
  keepJudged(tables, new PairJudge(replica, tables), finder.pairs.values());
  updateSignedDependencies(replica, tables, waitingChanges(tables));
}

/** Judges again what own changes are part of once they are signed: their block may have seen more, or less. */
export function updateSignedDependencies(
  replica: Ports & Pick<Replica, "device">,
  tables: ReplicaTables,
  records: readonly Pick<ChangeRecord, "bytes">[],
): void {
  if (tables.dependencies.isEmpty()) return;
  const named = new Set<Location>();
  for (const { bytes } of records) {
    const decoded = bytes === null ? null : decodeChange(bytes);
    if (decoded?.type !== "change") continue;
    for (const { location } of namingsOf(decoded.change)) named.add(location);
  }
  const followed = tables.dependencies.followed().filter(({ written }) => named.has(written));
  const locations = [...named, ...followed.map(({ location }) => location)];
  updateDependencies(replica, tables, { locations, judged: new Set() });
}

/** Makes the records anew. `judged`: the locations that had to be judged when everything was folded. */
export function rebuildDependencies(
  replica: Ports,
  tables: ReplicaTables,
  judged: ReadonlySet<Location>,
): void {
  tables.dependencies.clear();
  const finder = new PairFinder(replica, tables);
  const judge = new PairJudge(replica, tables);
  noteFollowed(tables, judge, finder, judged);
  for (const run of finder.streams()) finder.addRun(run);
  finder.addWaiting();
  keepJudged(tables, judge, finder.pairs.values());
}

/** Keeps which heads stand elsewhere than where they were written, and finds what they make pairs with there. */
function noteFollowed(
  { dependencies }: ReplicaTables,
  judge: PairJudge,
  finder: PairFinder,
  judged: ReadonlySet<Location>,
): void {
  const followed = [...judged].flatMap((location) => {
    const heads = (judge.standing(location)?.heads ?? [])
      .filter((head) => head.location !== location)
      .map((head) => ({ location, written: head.location, id: head.id }));
    dependencies.setFollowed(location, heads);
    return heads;
  });
  for (const head of followed) finder.addFollowed(head);
}

function keepJudged(
  { dependencies }: ReplicaTables,
  judge: PairJudge,
  pairs: Iterable<DependencyPair>,
): void {
  for (const { definition, user } of pairs) {
    const verdict = judge.judge({ definition, user });
    if (verdict === null) dependencies.remove({ definition, user });
    else {
      const { nearer, isUndecided } = verdict;
      const conflict = verdict.conflict?.id ?? null;
      dependencies.put({ definition, user, nearer, conflict, isUndecided });
    }
  }
}

/** Blocks in the order in which they came, those of a stream in a row as one. */
function runsOf(taken: readonly TakenBlock[]): readonly BlockRun[] {
  const runs: BlockRun[] = [];
  for (const { log, stream, seq } of taken) {
    const last = runs.at(-1);
    if (last?.stream === stream && last.log === log && last.last === seq - 1)
      runs[runs.length - 1] = { ...last, last: seq };
    else runs.push({ log, stream, first: seq, last: seq });
  }
  return runs;
}
