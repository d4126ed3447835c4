import type { BranchId } from "@darksync/core/branch";
import { branchLog, branchOfLog } from "@darksync/core/branch";
import { type ChangePosition, type Coverage, covers } from "@darksync/core/coverage";
import { greatest } from "@darksync/core/deprecation";
import { type ChangeId, changeOf } from "@darksync/core/op-id";
import type { Assignment, Register, RegisterType } from "@darksync/core/register";
import type { LogName } from "@darksync/core/vector";
import type { ReplicaTables } from "../store/store.js";

// A branch of a branch of a branch: deeper ones are somebody's joke.
const maxAncestors = 16;

/**
 * Which changes a branch's view is made of: all of its own, and of main and of the branches it is a branch of those
 * in its base. An owner that no base names follows main.
 */
export class BranchScope {
  readonly branch: BranchId;
  /** The branches that it is a branch of, the nearest first. */
  readonly ancestors: readonly BranchId[];
  readonly #tables: Pick<ReplicaTables, "changes" | "packages">;
  readonly #coverages: readonly Coverage[];
  readonly #positions = new Map<ChangeId, ChangePosition | null>();

  /** `base`: what to take for the branch's own base instead of what its log says. */
  constructor(
    tables: Pick<ReplicaTables, "changes" | "packages">,
    branch: BranchId,
    base: Coverage | null = null,
  ) {
    this.#tables = tables;
    this.branch = branch;
    const own = tables.packages.heads({ type: "branchBase", key: branch }).map(({ value }) => value);
    const coverages = base === null ? own : [...own, base];
    const ancestors: BranchId[] = [];
    this.#coverages = coverages;
    this.ancestors = ancestors;
    let next = parentOf(tables, branch);
    while (next !== null && next !== branch && !ancestors.includes(next) && ancestors.length < maxAncestors) {
      ancestors.push(next);
      // The base of an ancestor is what it was when this branch began, or was rebased.
      coverages.push(...this.frontier({ type: "branchBase", key: next }).map(({ value }) => value));
      next = parentOf(tables, next);
    }
  }

  /** The branch itself and those it is a branch of. */
  get line(): readonly BranchId[] {
    return [this.branch, ...this.ancestors];
  }

  /** Whether a change counts in the branch's view. */
  includes(id: ChangeId): boolean {
    const position = this.#positionOf(id);
    if (position === null || position.log === branchLog(this.branch)) return true;
    const naming = this.#coverages.filter(({ logs }) => logs.has(position.log));
    if (naming.length === 0) return branchOfLog(position.log) === null;
    return naming.some((coverage) => covers(coverage, position));
  }

  /** Whether a coverage, that of a merge, covers a change. */
  isCoveredBy(coverage: Coverage, id: ChangeId): boolean {
    const position = this.#positionOf(id);
    return position !== null && covers(coverage, position);
  }

  /** Whether some base names a log: else what comes to it is in view at once. */
  names(log: LogName): boolean {
    return this.#coverages.some(({ logs }) => logs.has(log));
  }

  /** The heads of a register as far as the branch's view goes; some may be ancestors of others. */
  frontier<Type extends RegisterType>(
    register: Register<Type>,
    isIncluded: (assignment: Assignment<Type>) => boolean = ({ id }) => this.includes(changeOf(id)),
  ): readonly Assignment<Type>[] {
    const { packages } = this.#tables;
    const found: Assignment<Type>[] = [];
    const seen = new Set<string>();
    const waiting = [...packages.heads(register)];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (seen.has(next.id)) continue;
      seen.add(next.id);
      if (isIncluded(next)) {
        found.push(next);
        continue;
      }
      for (const id of next.supersedes) {
        const earlier = packages.assignment(register, id);
        if (earlier !== null) waiting.push(earlier);
      }
    }
    return found;
  }

  #positionOf(id: ChangeId): ChangePosition | null {
    let position = this.#positions.get(id);
    if (position === undefined) {
      position = this.#tables.changes.get(id);
      this.#positions.set(id, position);
    }
    return position;
  }
}

/** The branch that a branch was made from, or null. */
export function parentOf({ packages }: Pick<ReplicaTables, "packages">, branch: BranchId): BranchId | null {
  return greatest(packages.heads({ type: "branch", key: branch }))?.value.parent ?? null;
}
