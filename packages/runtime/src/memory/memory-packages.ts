import { mainBranch } from "@darksync/core/conflict";
import type { ContentHash } from "@darksync/core/content-hash";
import { type DefinitionText, renderDefinition } from "@darksync/core/definition";
import type { NameView } from "@darksync/core/fold-store";
import { type Location, splitLocation } from "@darksync/core/location";
import { type ChangeId, changeOf, type OpId } from "@darksync/core/op-id";
import type { Assignment, Register, RegisterType } from "@darksync/core/register";
import type { NameRow, PackageStore } from "../store/package-store.js";
import { type Journal, JournaledMap } from "./journal.js";
import type { MemoryTexts } from "./memory-texts.js";

interface RegisterState {
  readonly register: Register;
  readonly heads: readonly Assignment[];
  readonly view: NameView;
}

const nothingShown: NameView = { shown: null, isMerged: false, conflict: null, isLinked: false };

/** What the fold made, in memory. */
export class MemoryPackages implements PackageStore {
  readonly branch: string = mainBranch;
  readonly #hasChange: (id: ChangeId) => boolean;
  readonly #registers: JournaledMap<string, RegisterState>;
  readonly #assignments: JournaledMap<string, Assignment>;
  readonly #ahead: JournaledMap<string, true>;
  readonly #texts: MemoryTexts;
  readonly #awaiting: JournaledMap<ContentHash, ReadonlySet<Location>>;

  constructor(journal: Journal, texts: MemoryTexts, hasChange: (id: ChangeId) => boolean) {
    this.#hasChange = hasChange;
    this.#registers = new JournaledMap(journal);
    this.#assignments = new JournaledMap(journal);
    this.#ahead = new JournaledMap(journal);
    this.#texts = texts;
    this.#awaiting = new JournaledMap(journal);
  }

  heads<Type extends RegisterType>(register: Register<Type>): readonly Assignment<Type>[] {
    return (this.#registers.get(registerKey(register))?.heads ?? []) as readonly Assignment<Type>[];
  }

  setHeads<Type extends RegisterType>(register: Register<Type>, heads: readonly Assignment<Type>[]): void {
    const shown = register.type === "name" && heads.length === 1 ? (heads[0] as Assignment<"name">) : null;
    const view = { ...nothingShown, shown };
    this.#registers.set(registerKey(register), { ...this.#state(register), heads: [...heads], view });
  }

  setNameView(location: Location, view: NameView): void {
    const register: Register = { type: "name", key: location };
    const { shown, isMerged, isLinked } = view;
    const conflict = view.conflict === null ? null : { id: view.conflict.id, kind: view.conflict.kind };
    this.#registers.set(registerKey(register), {
      ...this.#state(register),
      view: { shown, isMerged, conflict, isLinked },
    });
  }

  isLinked(location: Location): boolean {
    return this.#registers.get(registerKey({ type: "name", key: location }))?.view.isLinked ?? false;
  }

  assignment<Type extends RegisterType>(register: Register<Type>, id: OpId): Assignment<Type> | null {
    return (this.#assignments.get(assignmentKey(register, id)) ?? null) as Assignment<Type> | null;
  }

  addAssignment<Type extends RegisterType>(register: Register<Type>, assignment: Assignment<Type>): void {
    if (!this.#hasChange(changeOf(assignment.id))) {
      throw new Error(`the change of op ${assignment.id} was not added`);
    }
    this.#assignments.set(assignmentKey(register, assignment.id), assignment);
    const key = registerKey(register);
    if (!this.#registers.has(key)) this.#registers.set(key, { register, heads: [], view: nothingShown });
  }

  addAhead(register: Register, id: OpId): void {
    this.#ahead.set(assignmentKey(register, id), true);
  }

  takeAhead(register: Register, id: OpId): boolean {
    return this.#ahead.delete(assignmentKey(register, id));
  }

  putText(hash: ContentHash, text: DefinitionText, broughtBy: OpId | null): void {
    this.#texts.put(hash, text, broughtBy);
  }

  noteText(hash: ContentHash, broughtBy: OpId): void {
    this.#texts.note(hash, broughtBy);
  }

  text(hash: ContentHash): DefinitionText | null {
    return this.#texts.get(hash);
  }

  awaitText(hash: ContentHash, location: Location): void {
    this.#awaiting.set(hash, new Set(this.#awaiting.get(hash)).add(location));
  }

  takeAwaiting(hash: ContentHash): readonly Location[] {
    const locations = [...(this.#awaiting.get(hash) ?? [])].sort();
    this.#awaiting.delete(hash);
    return locations;
  }

  awaitedTexts(): readonly ContentHash[] {
    return [...this.#awaiting.keys()].sort();
  }

  nameRow(location: Location): NameRow | null {
    const state = this.#registers.get(registerKey({ type: "name", key: location }));
    return state === undefined ? null : rowOf(location, state.view);
  }

  names(prefix: string, limit: number, after?: Location): readonly NameRow[] {
    return this.#rows()
      .filter(({ location }) => prefix === "" || location === prefix || location.startsWith(`${prefix}.`))
      .filter(({ location }) => after === undefined || location > after)
      .slice(0, limit);
  }

  conflicts(): readonly NameRow[] {
    return this.#rows().filter((row) => row.conflict !== null);
  }

  countConflicts(): number {
    return new Set(this.conflicts().map(({ conflict }) => conflict?.id)).size;
  }

  search(text: string, limit: number): readonly Location[] {
    const sought = lowerAscii(text);
    return this.#rows()
      .filter(({ location, shown }) => {
        if (lowerAscii(location).includes(sought)) return true;
        const found = shown?.value.type === "definition" ? this.text(shown.value.hash) : null;
        const name = splitLocation(location)?.at(-1) ?? location;
        return found !== null && lowerAscii(renderDefinition(found, name)).includes(sought);
      })
      .slice(0, limit)
      .map((row) => row.location);
  }

  registers<Type extends RegisterType>(
    type: Type,
    keyPrefix = "",
  ): readonly { readonly key: string; readonly heads: readonly Assignment<Type>[] }[] {
    return this.#registers
      .values()
      .filter(({ register }) => register.type === type && register.key.startsWith(keyPrefix))
      .map(({ register, heads }) => ({ key: register.key, heads: heads as readonly Assignment<Type>[] }))
      .sort((left, right) => (left.key < right.key ? -1 : 1));
  }

  clear(): void {
    this.#registers.clear();
    this.#assignments.clear();
    this.#ahead.clear();
    this.#texts.clear();
    this.#awaiting.clear();
  }

  #state(register: Register): RegisterState {
    const state = this.#registers.get(registerKey(register));
    if (state === undefined) throw new Error(`nothing was assigned to ${register.type} ${register.key}`);
    return state;
  }

  /** The locations that hold something, in order. */
  #rows(): readonly NameRow[] {
    return this.#registers
      .values()
      .filter(({ register }) => register.type === "name")
      .map(({ register, view }) => rowOf(register.key, view))
      .filter(({ shown, conflict }) => shown?.value.type === "definition" || conflict !== null)
      .sort((left, right) => (left.location < right.location ? -1 : 1));
  }
}

function rowOf(location: Location, { shown, isMerged, conflict }: NameView): NameRow {
  return { location, shown, isMerged, conflict };
}

function registerKey(register: Register): string {
  return `${register.type} ${register.key}`;
}

function assignmentKey(register: Register, id: OpId): string {
  return `${id} ${registerKey(register)}`;
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
