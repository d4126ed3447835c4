import type { BranchId } from "@darksync/core/branch";
import type { Coverage } from "@darksync/core/coverage";
import type { Location } from "@darksync/core/location";
import type { NamingSource } from "@darksync/core/naming-source";
import { type ChangeId, changeOf, type OpId } from "@darksync/core/op-id";
import { type Assignment, branchedKey, type Register } from "@darksync/core/register";
import type { PackageStore } from "../store/package-store.js";
import type { BranchScope } from "./branch-scope.js";

/** The types of registers that a branch has of its own, by those of main. */
export const branchedTypes = {
  name: "branchedName",
  deprecation: "branchedDeprecation",
  file: "branchedFile",
} as const;

export type BranchableType = keyof typeof branchedTypes;

/** What a branch sees of registers: its own assignments over those of main and of the branches it is a branch of. */
export class BranchSource implements NamingSource {
  readonly #packages: PackageStore;
  readonly #scope: BranchScope;
  /** By the change that merged: the branches whose assignments it replaces, as far as it covers them. */
  readonly #merges = new Map<ChangeId, { readonly branch: BranchId; readonly coverage: Coverage }[]>();
  /** The changes that took merges back, with the branches that had been merged. */
  readonly #undone = new Map<ChangeId, Set<BranchId>>();

  constructor(packages: PackageStore, scope: BranchScope) {
    this.#packages = packages;
    this.#scope = scope;
    for (const branch of scope.line) {
      for (const { id, value } of packages.heads({ type: "merge", key: branch })) {
        const change = changeOf(id);
        if (value.coverage.logs.size === 0)
          this.#undone.set(change, (this.#undone.get(change) ?? new Set()).add(branch));
        const merges = this.#merges.get(change) ?? [];
        merges.push({ branch, coverage: value.coverage });
        this.#merges.set(change, merges);
      }
    }
  }

  heads(location: Location): readonly Assignment<"name">[] {
    return this.registerHeads("name", location);
  }

  assignment(location: Location, id: OpId): Assignment<"name"> | null {
    return this.registerAssignment("name", location, id);
  }

  text(hash: string): ReturnType<NamingSource["text"]> {
    return this.#packages.text(hash);
  }

  /** Whether the branch, or one it is a branch of, set this register. */
  isTouched(type: BranchableType, key: string): boolean {
    return this.#scope.line.some(
      (branch) => this.#packages.heads(this.#branched(branch, type, key)).length > 0,
    );
  }

  /** Whether the branch's view of main is here what main shows now. */
  isAsMain(type: BranchableType, key: string): boolean {
    return this.#packages.heads({ type, key }).every(({ id }) => this.#scope.includes(changeOf(id)));
  }

  /** The heads of a register; some may be ancestors of others. */
  registerHeads<Type extends BranchableType>(type: Type, key: string): readonly Assignment<Type>[] {
    const own = this.#scope.line.flatMap((branch) =>
      this.#scope
        .frontier(this.#branched(branch, type, key))
        .map((assignment) => this.#withUndone(branch, type, key, assignment as Assignment<Type>)),
    );
    const ofMain = this.#scope.frontier<Type>({ type, key });
    return [...own, ...ofMain].map((assignment) => this.#withMerged(type, key, assignment));
  }

  registerAssignment<Type extends BranchableType>(
    type: Type,
    key: string,
    id: OpId,
  ): Assignment<Type> | null {
    const ofMain = this.#packages.assignment<Type>({ type, key }, id);
    if (ofMain !== null) return this.#withMerged(type, key, ofMain);
    for (const branch of this.#scope.line) {
      const found = this.#packages.assignment(this.#branched(branch, type, key), id);
      if (found === null) continue;
      const own = this.#withUndone(branch, type, key, found as Assignment<Type>);
      return this.#withMerged(type, key, own);
    }
    return null;
  }

  /** An assignment that a merge wrote replaces what it merged, though main knows nothing of the branch (B2). */
  #withMerged<Type extends BranchableType>(
    type: Type,
    key: string,
    assignment: Assignment<Type>,
  ): Assignment<Type> {
    const merges = this.#merges.get(changeOf(assignment.id));
    if (merges === undefined) return assignment;
    const merged = merges.flatMap(({ branch, coverage }) => {
      const register = { type: branchedTypes[type], key: branchedKey(branch, key) };
      const later = this.#laterThan(register, assignment.id);
      const isMerged = ({ id }: Assignment) =>
        !later.has(id) && this.#scope.isCoveredBy(coverage, changeOf(id));
      return this.#scope.frontier(register, isMerged).map(({ id }) => id);
    });
    return { ...assignment, supersedes: [...new Set([...assignment.supersedes, ...merged.sort()])] };
  }

  /** The assignments of a register that go beyond another one: no merge replaces these, whatever it says it covers. */
  #laterThan(register: Register, id: OpId): ReadonlySet<OpId> {
    const children = new Map<OpId, OpId[]>();
    const met = new Set<OpId>();
    const waiting: Assignment[] = [...this.#packages.heads(register)];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (met.has(next.id)) continue;
      met.add(next.id);
      for (const parent of next.supersedes) {
        const siblings = children.get(parent);
        if (siblings === undefined) children.set(parent, [next.id]);
        else siblings.push(next.id);
        const earlier = this.#packages.assignment(register, parent);
        if (earlier !== null) waiting.push(earlier);
      }
    }
    const later = new Set<OpId>();
    const found = [id];
    for (let each = found.pop(); each !== undefined; each = found.pop()) {
      for (const child of children.get(each) ?? []) {
        if (later.has(child)) continue;
        later.add(child);
        found.push(child);
      }
    }
    return later;
  }

  /** What a merge had written and somebody took back does not take it from the branch: that goes beyond it. */
  #withUndone<Type extends BranchableType>(
    branch: BranchId,
    type: Type,
    key: string,
    assignment: Assignment<Type>,
  ): Assignment<Type> {
    if (this.#undone.size === 0) return assignment;
    const undone = this.#scope
      .frontier({ type, key }, ({ id }) => this.#undone.get(changeOf(id))?.has(branch) === true)
      .map(({ id }) => id);
    return { ...assignment, supersedes: [...new Set([...assignment.supersedes, ...undone.sort()])] };
  }

  #branched(branch: BranchId, type: BranchableType, key: string): Register {
    return { type: branchedTypes[type], key: branchedKey(branch, key) };
  }
}
