import type { BranchId } from "@darksync/core/branch";
import type { Conflict } from "@darksync/core/conflict";
import { renderDefinition } from "@darksync/core/definition";
import { nameOf } from "@darksync/core/location";
import type { Result } from "@darksync/core/result";
import { createBranch } from "../../src/branch/branch-edit.js";
import { type BranchMerge, mergeBranch } from "../../src/branch/merge-branch.js";
import { onBranch } from "../../src/branch/on-branch.js";
import { save } from "../../src/edit/save.js";
import { listConflicts } from "../../src/read/conflicts.js";
import type { Replica } from "../../src/replica/replica.js";

/** What a result holds; a failure fails the test. */
export function must<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(`${result.problem.code}: ${result.problem.message}`);
  return result.value;
}

/** A new branch, of main or of another one. */
export async function newBranch(
  replica: Replica,
  name: string,
  parent: BranchId | null = null,
): Promise<BranchId> {
  return must(await createBranch(replica, name, parent));
}

/** Saves a definition, on a branch if one is given. */
export async function saveSource(
  replica: Replica,
  location: string,
  source: string,
  branch: BranchId | null = null,
): Promise<void> {
  must(await save(branch === null ? replica : onBranch(replica, branch), location, source));
}

export async function merge(replica: Replica, branch: BranchId, isDryRun = false): Promise<BranchMerge> {
  return must(await mergeBranch(replica, branch, isDryRun));
}

/** The sources that are shown, by location; a conflict is marked by a `!` before. */
export function sourcesOf(
  replica: Replica,
  branch: BranchId | null = null,
): Readonly<Record<string, string>> {
  const { store } = branch === null ? replica : onBranch(replica, branch);
  return store.read(({ packages }) =>
    Object.fromEntries(
      packages.names("", Number.MAX_SAFE_INTEGER).map(({ location, shown, conflict }) => {
        const value = shown?.value;
        const text = value?.type === "definition" ? packages.text(value.hash) : null;
        const source = text === null ? "nothing" : renderDefinition(text, nameOf(location));
        return [location, `${conflict === null ? "" : "! "}${source}`];
      }),
    ),
  );
}

export function conflictsOf(replica: Replica, branch: BranchId | null = null): readonly Conflict[] {
  const seen = branch === null ? replica : onBranch(replica, branch);
  return seen.store.read((tables) => listConflicts(seen, tables));
}
