import type { Location } from "@darksync/core/location";
import type { Problem } from "@darksync/core/result";
import type { LogName } from "@darksync/core/vector";
import type { Welcome } from "@darksync/sync/message";
import type { Ask } from "@darksync/sync/replica-state";
import type { MetaStore } from "../store/block-store.js";
import type { ReplicaTables } from "../store/store.js";
import { type CloneOptions, type ClonePorts, cloneLog } from "./clone.js";
import { stateVectorOf, vectorOf } from "./log-view.js";
import type { Replica } from "./replica.js";

/** What came of fetching what a relay has sealed. */
export interface ClonedSpace {
  /** What is left to ask for. */
  readonly asks: readonly Ask[];
  readonly judged: ReadonlySet<Location>;
  /** Why not all was taken; it is asked for block by block. */
  readonly problems: readonly Problem[];
}

/**
 * Fetches the segments of the logs that differ and lack much (L6), one log after the other in the order in which they
 * are asked for, auth first. Logs that lack little are left to be asked for: the cost follows the difference.
 */
export async function cloneSpace(
  replica: Replica,
  ports: ClonePorts,
  welcome: Welcome,
  asks: readonly Ask[],
  options: CloneOptions,
): Promise<ClonedSpace> {
  const judged = new Set<Location>();
  const problems: Problem[] = [];
  const left: Ask[] = [];
  for (const ask of asks) {
    const { log } = ask;
    const head = headsOf(welcome).get(log) ?? 0;
    const isMuch = options.isFull ? head > 0 : replica.store.read((tables) => lacksMuch(tables, log, head));
    if (!isMuch || options.isStopped()) {
      left.push(ask);
      continue;
    }
    const cloned = await cloneLog(replica, ports, log, options);
    for (const location of cloned.judged) judged.add(location);
    if (cloned.problem !== null) problems.push(cloned.problem);
    const held = options.isFull ? cloned.sealed : replica.store.read(({ blocks }) => vectorOf(blocks, log));
    left.push({ log, stateVector: stateVectorOf(replica.hash, held) });
  }
  return { asks: left, judged, problems };
}

/**
 * Whether to look at what is sealed of a log: nothing of it is held, or segments were sealed since both sides last had
 * the same, or an earlier sync had begun with segments and did not come to its end.
 */
function lacksMuch({ meta, blocks, segments }: ReplicaTables, log: LogName, head: number): boolean {
  if (head === 0) return false;
  const known = meta.get(headName(log));
  if (known !== null) return head - Number(known) > 1;
  return blocks.tips(log).size === 0 || segments.list(log).length > 0;
}

/** How many segments the relay has sealed of each log. */
export function headsOf(welcome: Welcome): ReadonlyMap<LogName, number> {
  return new Map(welcome.logs.map(({ log, head }) => [log, head]));
}

/** Notes up to which segment all of a relay's logs are held here. */
export function noteHeads(meta: MetaStore, heads: ReadonlyMap<LogName, number>): void {
  for (const [log, head] of heads)
    if (meta.get(headName(log)) !== String(head)) meta.set(headName(log), String(head));
}

/** Under which name it is kept how many segments of a log the relay had sealed when both sides had the same. */
export function headName(log: LogName): string {
  return `head ${log}`;
}
