import { mainBranch } from "@darksync/core/conflict";
import { type BranchView, listBranches } from "@darksync/runtime/branch/branch-list";
import { currentBranch } from "@darksync/runtime/branch/current-branch";
import { lateChanges } from "@darksync/runtime/branch/late-changes";
import { type MergeState, mergeState } from "@darksync/runtime/branch/merge-state";
import { tablesOnBranch } from "@darksync/runtime/branch/on-branch";
import { countPending, logsOf } from "@darksync/runtime/replica/push-queue";
import type { Replica } from "@darksync/runtime/replica/replica";
import type { ReplicaTables } from "@darksync/runtime/store/store";
import stringWidth from "fast-string-width";
import { labelOf } from "./branch-words.js";
import { paint } from "./paint.js";
import type { Space } from "./space.js";
import { countOf, someOf } from "./wording.js";

/** A branch in the list. */
export interface ListedBranch {
  readonly view: BranchView;
  readonly state: MergeState;
  readonly conflicts: number;
  /** Name of what it is merged into. */
  readonly into: string;
}

/** The branches to list; archived ones if asked for, or if one is worked on. */
export function branchesToList(
  { replica, branch: current }: Space,
  tables: ReplicaTables,
  withArchived: boolean,
): readonly ListedBranch[] {
  const branches = listBranches(replica, tables);
  return branches
    .filter(({ id, isArchived }) => !isArchived || withArchived || id === current?.id)
    .map((view) => listedBranch(replica, tables, branches, view));
}

/** What came to branches after their merges (B4), to archived ones too, whether they are listed or not. */
export function lateWork(
  { replica }: Space,
  tables: ReplicaTables,
  listed: readonly ListedBranch[],
): readonly { readonly view: BranchView; readonly changes: number }[] {
  const isListed = new Set(listed.map(({ view }) => view.id));
  const others = listBranches(replica, tables).filter(
    ({ id }) => !isListed.has(id) && lateChanges(replica, tables, id).length > 0,
  );
  const states = [
    ...listed.map(({ view, state }) => ({ view, changes: state.late.length })),
    ...others.map((view) => ({ view, changes: mergeState(replica, tables, view.id).late.length })),
  ];
  return states.filter(({ changes }) => changes > 0);
}

function listedBranch(
  replica: Replica,
  tables: ReplicaTables,
  branches: readonly BranchView[],
  view: BranchView,
): ListedBranch {
  const state = mergeState(replica, tables, view.id);
  const conflicts = tablesOnBranch(replica, tables, view.id).packages.countConflicts();
  return { view, state, conflicts, into: labelOf(branches, state.into) };
}

/** Main in the list, for scripts. */
export function mainJson({ branch }: Space, tables: ReplicaTables): Readonly<Record<string, unknown>> {
  const logs = logsOf(tables).filter((log) => log.startsWith("main/"));
  return {
    id: mainBranch,
    name: mainBranch,
    label: mainBranch,
    current: branch === null && currentBranch(tables) === null,
    pending: logs.reduce((sum, log) => sum + countPending(tables, log), 0),
  };
}

/** A branch in the list, for scripts. */
export function branchJson(
  listed: ListedBranch,
  current: Space["branch"],
): Readonly<Record<string, unknown>> {
  const { view, state, conflicts, into } = listed;
  const { id, name, label, author, access, sharedWith, isMine, isArchived, pending } = view;
  return {
    id,
    name,
    label,
    current: id === current?.id,
    author,
    mine: isMine,
    access,
    sharedWith,
    archived: isArchived,
    into,
    pending,
    conflicts,
    differing: state.differing.length,
    merged: state.merged,
    late: state.late.length,
  };
}

/** Main in the list, for people. */
export function mainLine(isCurrent: boolean): string {
  return isCurrent ? `* ${paint.green(mainBranch)}` : `  ${mainBranch}`;
}

const columns = 80;
const shownMembers = 3;

/** A branch in the list, for people: one line where that is enough. */
export function branchLines(listed: ListedBranch, isCurrent: boolean, nameWidth: number): readonly string[] {
  const { label } = listed.view;
  const padding = " ".repeat(Math.max(0, nameWidth - stringWidth(label)));
  const name = `${isCurrent ? "*" : " "} ${isCurrent ? paint.green(label) : label}${padding}`;
  const indent = " ".repeat(nameWidth + 4);
  const [first = "", ...rest] = inLines(factsOf(listed), columns - indent.length);
  return [`${name}  ${first}`, ...rest.map((line) => indent + line)];
}

function factsOf({ view, state, conflicts, into }: ListedBranch): readonly string[] {
  const { isMine, author, access, sharedWith, isArchived, pending } = view;
  const shares = sharedWith.map((share) => `${share.member}${share.access === "read" ? " (to read)" : ""}`);
  const count = state.differing.length;
  const differs = count === 1 ? "1 definition differs" : `${count} definitions differ`;
  return [
    ...(isArchived ? ["archived"] : []),
    ...(isMine ? [] : [`by ${author}${access === "read" ? ", to read" : ""}`]),
    count === 0
      ? state.merged === "never"
        ? `no difference from ${into}`
        : `merged into ${into}`
      : `${differs} from ${into}`,
    ...(state.merged === "partly" ? ["partly merged"] : []),
    ...(conflicts > 0 ? [countOf(conflicts, "conflict")] : []),
    ...(pending > 0 ? [`${pending} pending`] : []),
    ...(isMine && shares.length > 0 ? [`shared with ${someOf(shares, shownMembers)}`] : []),
  ];
}

/** Facts in as few lines as they fit in. */
function inLines(facts: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const fact of facts) {
    const longer = `${lines.at(-1)} · ${fact}`;
    if (lines.length > 0 && longer.length <= width) lines.splice(-1, 1, longer);
    else lines.push(fact);
  }
  return lines;
}
