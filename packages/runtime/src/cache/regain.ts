import type { ContentHash } from "@darksync/core/content-hash";
import { Fold } from "@darksync/core/fold";
import { knownOps } from "@darksync/core/op/op";
import type { Problem } from "@darksync/core/result";
import { updateDependencies } from "../dependency/update.js";
import { refold } from "../replica/refold.js";
import { type Replica, refoldWaitsKey } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { bringBackOne } from "./bring-back.js";
import { segmentsInConflict } from "./conflict-history.js";
import { dayOf } from "./day.js";
import { addVersions } from "./essential-texts.js";
import { keptLogs } from "./evictable-segments.js";
import { evictedSegments } from "./evicted-segments.js";
import { type FetchSegment, withHistory } from "./fetch-evicted.js";

/**
 * While online: makes up for what waits for evicted history (S7). All is folded anew if that waits; texts that locations
 * wait for, or that were asked for by `queue pull`, are held again; the history of conflicts, of the branch that is worked
 * on and of owners who are kept whole is here again. Returns why something could not be
 * fetched, or null: then it goes on waiting.
 */
export async function regain(replica: Replica, fetchSegment: FetchSegment): Promise<Problem | null> {
  let problem: Problem | null = null;
  const { store } = replica;
  const attempt = async (work: (tables: ReplicaTables) => void) => {
    problem ??= await withHistory(
      fetchSegment,
      async () => {
        await store.write(work);
        return null;
      },
      (_error, why) => why,
    );
  };
  if (store.read(({ meta }) => meta.get(refoldWaitsKey) !== null))
    await attempt((tables) => refoldNow(replica, tables));
  for (const segment of store.read(missingSegments)) {
    const came = await fetchSegment(segment);
    if (!came.ok) problem ??= came.problem;
  }
  if (!store.read(({ texts }) => texts.hasEvicted())) return problem;
  const wanted = store.read(wantedTexts);
  for (const hash of wanted) await attempt((tables) => takeUp(replica, tables, hash));
  const used = dayOf(replica.clock());
  if (wanted.length > 0) await store.write(({ texts }) => texts.markUsed(wanted, used));
  return problem;
}

/** What is not here of the history of conflicts and of the logs that are kept, as they are now. */
function missingSegments(tables: ReplicaTables): readonly string[] {
  if (evictedSegments(tables).length === 0) return [];
  const kept = [...keptLogs(tables)].flatMap((log) => tables.segments.list(log));
  const missing = [...kept, ...segmentsInConflict(tables)].filter(
    ({ heldBytes, byteCount }) => heldBytes < byteCount,
  );
  return [...new Set(missing.map(({ hash }) => hash))];
}

function refoldNow(replica: Replica, tables: ReplicaTables): void {
  refold(replica, tables);
  tables.meta.set("knownOps", knownOps);
  tables.meta.set(refoldWaitsKey, null);
}

/** The evicted texts that are waited for or asked for. */
function wantedTexts(tables: ReplicaTables): readonly ContentHash[] {
  const { packages, queue, texts } = tables;
  const found = new Set(packages.awaitedTexts());
  for (const { task } of queue.list()) if (task.type === "pull") addVersions(tables, task.what, found);
  return [...found].filter((hash) => texts.isEvicted(hash));
}

/** Holds a text again, and judges what waited for it. */
function takeUp(replica: Replica, tables: ReplicaTables, hash: ContentHash): void {
  bringBackOne(tables, hash);
  const fold = new Fold(tables.packages, replica);
  fold.judgeAwaiting(hash);
  updateDependencies(replica, tables, fold.finish());
}
