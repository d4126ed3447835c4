import { detailConflicts } from "@darksync/runtime/conflict/details";
import { type FollowedEdit, followedEdits } from "@darksync/runtime/conflict/followed";
import { listConflicts } from "@darksync/runtime/read/conflicts";
import { changedLocations } from "@darksync/runtime/read/unpublished";
import { shortSummary } from "./conflict-summary.js";
import { conflictView, supersededLines } from "./conflict-view.js";
import type { Space } from "./space.js";
import { oneLine } from "./step-choices.js";
import { countOf } from "./wording.js";

/** What there was before a sync, to tell afterwards what it brought. */
export interface BeforeSync {
  readonly conflicts: ReadonlySet<string>;
  /** What was edited here and is not known elsewhere. */
  readonly edited: ReadonlySet<string>;
  readonly followed: ReadonlySet<string>;
}

export function lookBeforeSync({ replica }: Space): BeforeSync {
  return replica.store.read((tables) => {
    const edited = changedLocations(replica, tables);
    return {
      conflicts: new Set(tables.packages.conflicts().map(({ conflict }) => conflict?.id ?? "")),
      edited,
      followed: new Set(followedEdits(replica, tables, edited).map(({ from }) => from)),
    };
  });
}

const mostTold = 3;
const fewConflicts = 20;

/** What a sync did to own work, in lines: what others removed or moved meanwhile; of many conflicts a summary. */
export function wordsSinceSync(
  { replica }: Space,
  before: BeforeSync,
  plansApplied: number,
): readonly string[] {
  const { views, details, followed } = replica.store.read((tables) => {
    const found = listConflicts(replica, tables);
    const isNew = ({ id }: (typeof found)[number]) => !before.conflicts.has(id);
    const told = found.length > fewConflicts ? found : found.filter(isNew);
    const detailed = detailConflicts(replica, tables, told);
    return {
      details: detailed,
      views: detailed.filter(({ conflict }) => isNew(conflict)).map((each) => conflictView(tables, each)),
      followed: followedEdits(replica, tables, before.edited).filter(
        ({ from }) => !before.followed.has(from),
      ),
    };
  });
  return [
    ...(plansApplied > 0 ? [`${countOf(plansApplied, "conflict")} settled as planned.`] : []),
    ...some(views.flatMap(supersededLines), "more of your edits are of what others removed"),
    ...some(followed.map(followedWords), "more of your edits follow"),
    ...(details.length > fewConflicts ? shortSummary(details) : []),
  ];
}

function followedWords({ from, to, mover }: FollowedEdit): string {
  return `Your edit of ${oneLine(from)} follows to ${oneLine(to)} (moved by ${oneLine(mover)}).`;
}

function some(lines: readonly string[], more: string): readonly string[] {
  const rest = lines.length - mostTold;
  return rest > 0 ? [...lines.slice(0, mostTold), `${rest} ${more}.`] : lines;
}
