import { mainBranch } from "@darksync/core/conflict";
import type { ContentHash } from "@darksync/core/content-hash";
import { type DefinitionText, renderDefinition } from "@darksync/core/definition";
import { namingSourceOf } from "@darksync/core/fold";
import type { NameView } from "@darksync/core/fold-store";
import { type JudgedGroup, judgeGroup } from "@darksync/core/judge";
import { type Location, nameOf } from "@darksync/core/location";
import type { MergePorts } from "@darksync/core/merge-heads";
import { linkedWith } from "@darksync/core/naming-source";
import type { OpId } from "@darksync/core/op-id";
import { type Assignment, branchedKey, type Register, type RegisterType } from "@darksync/core/register";
import type { NameRow, PackageStore } from "../store/package-store.js";
import type { BranchScope } from "./branch-scope.js";
import { type BranchableType, BranchSource, branchedTypes } from "./branch-source.js";

/**
 * The packages as a branch sees them, over those of main: what it reads is the branch's view, what it writes goes
 * through, since the fold keeps what a branch sets apart. Made for one transaction. Nothing of it is stored: a
 * location costs a look at its heads, and only those that the branch or main changed are judged.
 */
export class BranchPackages implements PackageStore {
  readonly branch: string;
  readonly #ports: MergePorts;
  readonly #packages: PackageStore;
  readonly #scope: BranchScope;
  readonly #source: BranchSource;
  readonly #mergedTexts = new Map<ContentHash, DefinitionText>();
  readonly #rows = new Map<Location, NameRow>();
  #affected: ReadonlySet<Location> | null = null;

  constructor(ports: MergePorts, packages: PackageStore, scope: BranchScope) {
    this.branch = scope.branch;
    this.#ports = ports;
    this.#packages = packages;
    this.#scope = scope;
    this.#source = new BranchSource(packages, scope);
  }

  /** The locations that the branch, or one it is a branch of, named, in order. */
  touchedLocations(): readonly Location[] {
    return this.touchedKeys("name");
  }

  /** The same with all that moves link them with: an edit of the branch may belong where main moved it to. */
  affectedLocations(): ReadonlySet<Location> {
    if (this.#affected !== null) return this.#affected;
    const affected = new Set<Location>();
    const linked = new Set<Location>();
    for (const location of this.touchedLocations()) {
      affected.add(location);
      if (linked.has(location)) continue;
      const only = this.#onlyHead(location);
      if (only !== null) {
        this.#rows.set(location, { location, shown: only, isMerged: false, conflict: null });
        continue;
      }
      for (const other of linkedWith(this.#source, location)) linked.add(other);
    }
    for (const location of linked) {
      affected.add(location);
      this.#rows.delete(location);
    }
    this.#affected = affected;
    return affected;
  }

  /** The head that goes beyond all others here, where that is seen at a glance and no move is about. */
  #onlyHead(location: Location): Assignment<"name"> | null {
    if (this.#packages.isLinked(location)) return null;
    const [one, other, ...more] = this.#source.heads(location);
    if (one === undefined || more.length > 0) return null;
    if (other === undefined) return isMove(one) ? null : one;
    if (isMove(one) || isMove(other)) return null;
    if (one.supersedes.includes(other.id)) return one;
    return other.supersedes.includes(one.id) ? other : null;
  }

  /** The registers of a type that the branch, or one it is a branch of, set, in order of their keys. */
  touchedKeys(type: BranchableType, keyPrefix = ""): readonly string[] {
    const touched = this.#scope.line.flatMap((branch) =>
      this.#packages
        .registers(branchedTypes[type], branchedKey(branch, keyPrefix))
        .map(({ key }) => key.slice(branchedKey(branch, "").length)),
    );
    return [...new Set(touched)].sort();
  }

  heads<Type extends RegisterType>(register: Register<Type>): readonly Assignment<Type>[] {
    const { type, key } = register;
    if (!isBranchable(type)) return this.#packages.heads(register);
    const heads = this.#source.registerHeads(type, key);
    return withoutReplaced(heads, (id) =>
      this.#source.registerAssignment(type, key, id),
    ) as readonly Assignment<Type>[];
  }

  assignment<Type extends RegisterType>(register: Register<Type>, id: OpId): Assignment<Type> | null {
    const { type, key } = register;
    if (!isBranchable(type)) return this.#packages.assignment(register, id);
    return this.#source.registerAssignment(type, key, id) as Assignment<Type> | null;
  }

  text(hash: ContentHash): DefinitionText | null {
    return this.#packages.text(hash) ?? this.#mergedTexts.get(hash) ?? null;
  }

  isLinked(location: Location): boolean {
    return this.#isOwn(location) || this.#packages.isLinked(location);
  }

  nameRow(location: Location): NameRow | null {
    const known = this.#rows.get(location);
    if (known !== undefined) return known;
    const isOwn = this.#isOwn(location);
    const isAsMain = !isOwn && this.#source.isAsMain("name", location);
    if (isAsMain && !this.#packages.isLinked(location)) return this.#packages.nameRow(location);
    const judged = this.#judge(location, isOwn ? this.branch : mainBranch);
    for (const [place, { view, mergedText }] of judged.names) {
      if (mergedText !== null && view.shown?.value.type === "definition")
        this.#mergedTexts.set(view.shown.value.hash, mergedText);
      this.#rows.set(place, rowOf(place, view, isOwn ? null : this.#packages.nameRow(place)));
    }
    return this.#rows.get(location) ?? null;
  }

  names(prefix: string, limit: number, after?: Location): readonly NameRow[] {
    const found: NameRow[] = [];
    for (const location of this.#locations(prefix, after ?? "")) {
      const row = this.nameRow(location);
      if (row === null || !isListed(row)) continue;
      found.push(row);
      if (found.length >= limit) break;
    }
    return found;
  }

  conflicts(): readonly NameRow[] {
    const ofMain = this.#packages.conflicts().map(({ location }) => location);
    const affected = this.affectedLocations();
    return [...new Set([...affected, ...ofMain])]
      .sort()
      .map((location) => this.nameRow(location))
      .filter((row) => row !== null && row.conflict !== null) as readonly NameRow[];
  }

  countConflicts(): number {
    return new Set(this.conflicts().map(({ conflict }) => conflict?.id)).size;
  }

  search(text: string, limit: number): readonly Location[] {
    const sought = lowerAscii(text);
    const found: Location[] = [];
    for (const location of this.#locations("", "")) {
      const row = this.nameRow(location);
      if (row === null || !isListed(row)) continue;
      const binding = row.shown?.value;
      const source = binding?.type === "definition" ? this.text(binding.hash) : null;
      const whole = source === null ? "" : renderDefinition(source, nameOf(location));
      if (lowerAscii(location).includes(sought) || lowerAscii(whole).includes(sought)) found.push(location);
      if (found.length >= limit) break;
    }
    return found;
  }

  registers<Type extends RegisterType>(
    type: Type,
    keyPrefix = "",
  ): readonly { readonly key: string; readonly heads: readonly Assignment<Type>[] }[] {
    if (!isBranchable(type)) return this.#packages.registers(type, keyPrefix);
    const ofMain = this.#packages.registers(type, keyPrefix).map(({ key }) => key);
    return [...new Set([...ofMain, ...this.touchedKeys(type, keyPrefix)])]
      .sort()
      .map((key) => ({ key, heads: this.heads<Type>({ type, key }) }))
      .filter(({ heads }) => heads.length > 0);
  }

  setHeads<Type extends RegisterType>(register: Register<Type>, heads: readonly Assignment<Type>[]): void {
    this.#rows.clear();
    this.#affected = null;
    this.#packages.setHeads(register, heads);
  }

  setNameView(location: Location, view: NameView): void {
    this.#packages.setNameView(location, view);
  }

  addAssignment<Type extends RegisterType>(register: Register<Type>, assignment: Assignment<Type>): void {
    this.#packages.addAssignment(register, assignment);
  }

  addAhead(register: Register, id: OpId): void {
    this.#packages.addAhead(register, id);
  }

  takeAhead(register: Register, id: OpId): boolean {
    return this.#packages.takeAhead(register, id);
  }

  noteText(hash: ContentHash, broughtBy: OpId): void {
    this.#packages.noteText(hash, broughtBy);
  }

  putText(hash: ContentHash, text: DefinitionText, broughtBy: OpId | null): void {
    this.#packages.putText(hash, text, broughtBy);
  }

  awaitText(hash: ContentHash, location: Location): void {
    this.#packages.awaitText(hash, location);
  }

  takeAwaiting(hash: ContentHash): readonly Location[] {
    return this.#packages.takeAwaiting(hash);
  }

  awaitedTexts(): readonly ContentHash[] {
    return this.#packages.awaitedTexts();
  }

  clear(): void {
    throw new Error("what a branch sees cannot be cleared");
  }

  #judge(location: Location, branch: string): JudgedGroup {
    return judgeGroup(this.#ports, branch, namingSourceOf(this), location);
  }

  /** Whether the branch named a location or one that moves link with it: one is cheaper to look at than all. */
  #isOwn(location: Location): boolean {
    if (this.#affected !== null) return this.#affected.has(location);
    if (this.#source.isTouched("name", location)) return true;
    return [...linkedWith(this.#source, location)].some((place) => this.#source.isTouched("name", place));
  }

  /** The locations that may show something here, in order, after one. Those that main removed since are among them. */
  *#locations(prefix: string, after: Location): Generator<Location> {
    const ofMain = this.#packages
      .registers("name", prefix)
      .map(({ key }) => key)
      .filter((location) => isWithin(location, prefix));
    const own = [...this.affectedLocations()].filter((location) => isWithin(location, prefix));
    const all = [...new Set([...ofMain, ...own])].sort();
    for (const location of all) if (location > after) yield location;
  }
}

/** Main's conflicts are settled on main: here they are shown as long as they are open there. */
function rowOf(location: Location, { shown, isMerged, conflict }: NameView, ofMain: NameRow | null): NameRow {
  const isOpen = ofMain === null || ofMain.conflict?.id === conflict?.id;
  return { location, shown, isMerged, conflict: isOpen ? conflict : null };
}

function isMove({ value }: Assignment<"name">): boolean {
  return (value.type === "definition" ? value.movedFrom : value.movedTo) !== null;
}

function isListed({ shown, conflict }: NameRow): boolean {
  return shown?.value.type === "definition" || conflict !== null;
}

function isWithin(location: Location, prefix: string): boolean {
  return prefix === "" || location === prefix || location.startsWith(`${prefix}.`);
}

function isBranchable(type: RegisterType): type is BranchableType {
  return Object.hasOwn(branchedTypes, type);
}

/** The heads that no other one goes beyond. Where merges claim to replace each other, none of these goes beyond the other. */
function withoutReplaced<Type extends RegisterType>(
  heads: readonly Assignment<Type>[],
  read: (id: OpId) => Assignment<Type> | null,
): readonly Assignment<Type>[] {
  if (heads.length < 2) return heads;
  const replaced = replacedBy(heads, read);
  const latest = heads.filter(({ id }) => !replaced.has(id));
  const earlier = replacedBy(latest, read);
  const circling = heads.filter(({ id }) => replaced.has(id) && !earlier.has(id));
  if (circling.length === 0) return latest;
  const histories = new Map(circling.map((head) => [head.id, replacedBy([head], read)]));
  const isReplaced = (id: OpId) =>
    [...histories].some(([later, history]) => history.has(id) && histories.get(id)?.has(later) === false);
  return heads.filter(({ id }) => !replaced.has(id) || (histories.has(id) && !isReplaced(id)));
}

/** All that some assignments replace, directly or not. */
function replacedBy<Type extends RegisterType>(
  heads: readonly Assignment<Type>[],
  read: (id: OpId) => Assignment<Type> | null,
): ReadonlySet<OpId> {
  const replaced = new Set<OpId>();
  const waiting = heads.flatMap(({ supersedes }) => supersedes);
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (replaced.has(id)) continue;
    replaced.add(id);
    waiting.push(...(read(id)?.supersedes ?? []));
  }
  return replaced;
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
