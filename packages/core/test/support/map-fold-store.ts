import { type Conflict, mainBranch } from "../../src/conflict.js";
import type { ContentHash } from "../../src/content-hash.js";
import type { DefinitionText } from "../../src/definition.js";
import { namingSourceOf } from "../../src/fold.js";
import type { FoldStore, NameView } from "../../src/fold-store.js";
import { judgeGroup } from "../../src/judge.js";
import type { OpId } from "../../src/op-id.js";
import type { Assignment, Register, RegisterType } from "../../src/register.js";
import { foldPorts } from "./ports.js";

interface Row {
  readonly register: Register;
  readonly assignments: Map<OpId, Assignment>;
  heads: readonly Assignment[];
  readonly ahead: Set<OpId>;
}

/** A fold's state in maps. */
export class MapFoldStore implements FoldStore {
  readonly texts: Map<ContentHash, DefinitionText> = new Map();
  readonly views: Map<string, NameView> = new Map();
  readonly #rows = new Map<string, Row>();
  readonly #awaiting = new Map<ContentHash, Set<string>>();

  heads<Type extends RegisterType>(register: Register<Type>): readonly Assignment<Type>[] {
    return (this.#rows.get(keyOf(register))?.heads ?? []) as readonly Assignment<Type>[];
  }

  setHeads<Type extends RegisterType>(register: Register<Type>, heads: readonly Assignment<Type>[]): void {
    const row = this.#row(register);
    for (const { id } of heads) if (!row.assignments.has(id)) throw new Error(`head ${id} was never added`);
    row.heads = [...heads];
    if (register.type !== "name") return;
    const shown = heads.length === 1 ? (heads[0] as Assignment<"name">) : null;
    this.views.set(register.key, { shown, isMerged: false, conflict: null, isLinked: false });
  }

  setNameView(location: string, view: NameView): void {
    this.views.set(location, view);
  }

  isLinked(location: string): boolean {
    return this.views.get(location)?.isLinked ?? false;
  }

  assignment<Type extends RegisterType>(register: Register<Type>, id: OpId): Assignment<Type> | null {
    return (this.#rows.get(keyOf(register))?.assignments.get(id) ?? null) as Assignment<Type> | null;
  }

  addAssignment<Type extends RegisterType>(register: Register<Type>, assignment: Assignment<Type>): void {
    const { assignments } = this.#row(register);
    if (assignments.has(assignment.id)) throw new Error(`${assignment.id} was added before`);
    assignments.set(assignment.id, assignment);
  }

  addAhead(register: Register, id: OpId): void {
    this.#row(register).ahead.add(id);
  }

  takeAhead(register: Register, id: OpId): boolean {
    return this.#rows.get(keyOf(register))?.ahead.delete(id) ?? false;
  }

  noteText(): never {
    throw new Error("a map of texts has no other place to read them from");
  }

  putText(hash: ContentHash, text: DefinitionText): void {
    this.texts.set(hash, text);
  }

  text(hash: ContentHash): DefinitionText | null {
    return this.texts.get(hash) ?? null;
  }

  awaitText(hash: ContentHash, location: string): void {
    this.#awaiting.set(hash, new Set(this.#awaiting.get(hash)).add(location));
  }

  takeAwaiting(hash: ContentHash): readonly string[] {
    const locations = [...(this.#awaiting.get(hash) ?? [])];
    this.#awaiting.delete(hash);
    return locations;
  }

  /** The full conflict of a location, or null. */
  conflictAt(location: string): Conflict | null {
    if (this.views.get(location)?.conflict == null) return null;
    const { names } = judgeGroup(foldPorts, mainBranch, namingSourceOf(this), location);
    return names.get(location)?.conflict ?? null;
  }

  /** What a new naming of a location supersedes, by where it stands. */
  replacedAt(location: string): ReadonlyMap<string, readonly Assignment<"name">[]> {
    const { names } = judgeGroup(foldPorts, mainBranch, namingSourceOf(this), location);
    return names.get(location)?.replaces ?? new Map();
  }

  conflicts(): readonly Conflict[] {
    return [...this.views.keys()]
      .map((location) => this.conflictAt(location))
      .filter((found) => found !== null);
  }

  /** All that must be equal on replicas that hold the same changes, in one order. */
  state(): unknown {
    const rows = [...this.#rows].sort(byKey).map(([key, { assignments, heads, ahead }]) => ({
      key,
      assignments: [...assignments.keys()].sort(),
      heads: [...heads].sort((left, right) => (left.id < right.id ? -1 : 1)),
      ahead: [...ahead].sort(),
    }));
    const named = this.#namedTexts();
    const texts = [...this.texts].filter(([hash]) => named.has(hash)).sort(byKey);
    return { rows, views: [...this.views].sort(byKey), texts };
  }

  /** What a fold merged on its way may be left over beside these. */
  #namedTexts(): ReadonlySet<ContentHash> {
    const named = new Set<ContentHash>();
    const add = (value: Assignment["value"] | undefined) => {
      if (value !== null && value !== undefined && "hash" in value) named.add(value.hash);
    };
    for (const { assignments } of this.#rows.values())
      for (const { value } of assignments.values()) add(value);
    for (const { shown } of this.views.values()) add(shown?.value);
    return named;
  }

  #row(register: Register): Row {
    const key = keyOf(register);
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = { register, assignments: new Map(), heads: [], ahead: new Set() };
      this.#rows.set(key, row);
    }
    return row;
  }
}

function keyOf(register: Register): string {
  return `${register.type} ${register.key}`;
}

function byKey([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}
