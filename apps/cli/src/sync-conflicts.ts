import { detailConflicts } from "@darksync/runtime/conflict/details";
import { type FollowedEdit, followedEdits } from "@darksync/runtime/conflict/followed";
import { conflictAt, listConflicts } from "@darksync/runtime/read/conflicts";
import type { Replica } from "@darksync/runtime/replica/replica";
import type { ReplicaTables } from "@darksync/runtime/store/store";
import { mostListed, shortSummary } from "./conflict-summary.js";
import { supersededLine } from "./conflict-words.js";
import type { Space } from "./space.js";
import { oneLine } from "./step-choices.js";

const mostTold = 3;

/**
 * What a sync did to own work, in lines: what others removed or moved meanwhile; of many conflicts a summary. `judged`:
 * the locations where it made a difference.
 */
export function wordsSinceSync({ replica }: Space, judged: ReadonlySet<string>): readonly string[] {
  if (judged.size === 0) return [];
  return replica.store.read((tables) => [
    ...some(supersededLines(replica, tables, judged), "more of your edits are of what others removed"),
    ...some(followedEdits(replica, tables, judged).map(followedWords), "more of your edits follow"),
    ...summaryLines(replica, tables),
  ]);
}

function supersededLines(
  replica: Replica,
  tables: ReplicaTables,
  judged: ReadonlySet<string>,
): readonly string[] {
  const found = [...judged].flatMap((location) =>
    tables.packages.nameRow(location)?.conflict?.kind === "edit-delete"
      ? [conflictAt(replica, tables, location)]
      : [],
  );
  return detailConflicts(replica, tables, found, new Map()).flatMap(
    ({ conflict, heads }) => supersededLine(conflict, heads) ?? [],
  );
}

function summaryLines(replica: Replica, tables: ReplicaTables): readonly string[] {
  if (tables.packages.countConflicts() <= mostListed) return [];
  return shortSummary(detailConflicts(replica, tables, listConflicts(replica, tables), new Map()));
}

function followedWords({ from, to, mover }: FollowedEdit): string {
  return `Your edit of ${oneLine(from)} follows to ${oneLine(to)} (moved by ${oneLine(mover)}).`;
}

function some(lines: readonly string[], more: string): readonly string[] {
  const rest = lines.length - mostTold;
  return rest > 0 ? [...lines.slice(0, mostTold), `${rest} ${more}.`] : lines;
}
