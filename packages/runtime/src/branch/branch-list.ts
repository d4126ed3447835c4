import type { BranchAccess, BranchId } from "@darksync/core/branch";
import { branchLog } from "@darksync/core/branch";
import { isArchived, sharedAccess } from "@darksync/core/branch-state";
import { greatest } from "@darksync/core/deprecation";
import { branchedKey } from "@darksync/core/register";
import { failure, type Result, success } from "@darksync/core/result";
import { memberOf } from "../read/members.js";
import { countPending } from "../replica/push-queue.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { parentOf } from "./branch-scope.js";

/** A branch as people see it. */
export interface BranchView {
  readonly id: BranchId;
  /** Its name, with the beginning of its id behind where another branch has the same (`fix~3f2a`). */
  readonly label: string;
  readonly name: string;
  /** Name of the member who made it. */
  readonly author: string;
  readonly isMine: boolean;
  /** What this replica's member may do with it. */
  readonly access: BranchAccess;
  readonly sharedWith: readonly { readonly member: string; readonly access: BranchAccess }[];
  readonly parent: BranchId | null;
  readonly isArchived: boolean;
  /** Changes that the relay does not durably have. */
  readonly pending: number;
}

const suffixDigits = 4;

/** The branches that this replica's member made or was given access to, in order of their labels. */
export function listBranches(replica: Pick<Replica, "device">, tables: ReplicaTables): readonly BranchView[] {
  const { packages } = tables;
  const member = memberOf(tables, replica.device);
  const found = packages.registers("branch").flatMap(({ key: id, heads }) => {
    const creator = greatest(heads)?.value.createdBy;
    const name = greatest(packages.heads({ type: "branchName", key: id }))?.value.name;
    if (creator === undefined || name === undefined) return [];
    const author = memberOf(tables, creator) ?? "";
    const isMine = creator === replica.device || (author !== "" && author === member);
    const sharedWith = sharesOf(tables, id);
    const given = sharedWith.find((share) => share.member === member)?.access ?? "none";
    const access: BranchAccess = isMine ? "write" : given;
    if (access === "none") return [];
    const archived = isArchived(packages.heads({ type: "branchArchived", key: id }));
    const pending = countPending(tables, branchLog(id));
    const parent = parentOf(tables, id);
    return [{ id, name, author, isMine, access, sharedWith, parent, isArchived: archived, pending }];
  });
  const named = Map.groupBy(found, ({ name }) => name);
  return found
    .map((branch) => ({ ...branch, label: labelOf(branch, named.get(branch.name)?.length ?? 1) }))
    .sort((left, right) => (left.label < right.label ? -1 : 1));
}

function labelOf({ id, name }: Pick<BranchView, "id" | "name">, count: number): string {
  return count > 1 ? `${name}~${id.slice(0, suffixDigits)}` : name;
}

function sharesOf({ packages }: ReplicaTables, id: BranchId): BranchView["sharedWith"] {
  return packages
    .registers("branchShare", branchedKey(id, ""))
    .map(({ key, heads }) => ({ member: key.slice(branchedKey(id, "").length), access: sharedAccess(heads) }))
    .filter(({ access }) => access !== "none");
}

/** The branch that people mean by a name, a label or the beginning of an id (of at least four digits). */
export function findBranch(
  replica: Pick<Replica, "device">,
  tables: ReplicaTables,
  wanted: string,
): Result<BranchView> {
  const branches = listBranches(replica, tables);
  const isNamed = ({ id, name, label }: BranchView) => label === wanted || name === wanted || id === wanted;
  const named = branches.filter(isNamed);
  const exact = named.filter(({ label }) => label === wanted);
  const byPrefix = /^[0-9a-f]{4,32}$/.test(wanted) ? branches.filter(({ id }) => id.startsWith(wanted)) : [];
  const found = exact.length > 0 ? exact : named.length > 0 ? named : byPrefix;
  const [only] = found;
  if (only === undefined) {
    const hint = "`darklang branch` lists yours; another's may not have come or not be shared.";
    return failure("unknown-branch", `there is no branch ${wanted}`, hint);
  }
  if (found.length === 1) return success(only);
  const labels = found.map(({ label }) => label).join(", ");
  return failure(
    "ambiguous-branch",
    `several branches are called ${wanted}: ${labels}`,
    "Name one of these.",
  );
}
