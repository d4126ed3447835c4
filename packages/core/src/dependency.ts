import { type Conflict, type ConflictHead, conflictId, mainBranch } from "./conflict.js";
import type { DefinitionText } from "./definition.js";
import { renderDefinition } from "./definition.js";
import type { JudgedName } from "./judge.js";
import type { Language } from "./language.js";
import { type Location, moduleOf, nameOf } from "./location.js";
import type { MergePorts } from "./merge-heads.js";
import { bindingKey } from "./naming-graph.js";
import { type ChangeId, changeOf, type OpId } from "./op-id.js";
import type { Assignment } from "./register.js";

/** A head that stands at a location, with those that say the same (O2.1): whoever has seen one has seen it. */
export interface StandingHead extends ConflictHead {
  /** Ids of the namings that say this, its own among them. */
  readonly namings: readonly OpId[];
}

/** What stands at a location that is in no conflict of its own. */
export interface Standing {
  /** What is shown: the only head, or what several come to. */
  readonly shown: Assignment<"name"> | null;
  readonly heads: readonly StandingHead[];
}

/** What is known of the two locations, and of who had seen what. */
export interface DependencySource {
  /** Null while the location is in a conflict of its own. */
  standing(location: Location): Standing | null;
  /** Whether several heads, or moves, come together at a location: one that tells nothing now may do so later. */
  isContested(location: Location): boolean;
  /** Whether a location shows a definition. */
  isBound(location: Location): boolean;
  /** A naming that was written at a location, head or not; null if it has not arrived. */
  assignment(location: Location, id: OpId): Assignment<"name"> | null;
  /** The namings of a location that are one version with this one (O2.2), itself among them. */
  sameVersion(location: Location, id: OpId): readonly OpId[];
  text(hash: string): DefinitionText | null;
  isOneDevice(left: ChangeId, right: ChangeId): boolean;
  /** Whether a change had been folded by the device that made another one when it made that. */
  hasSeen(viewer: ChangeId, other: ChangeId): boolean;
}

/** What two locations come to. */
export interface DependencyVerdict {
  readonly conflict: Conflict | null;
  /** Locations beside the two that decide what the names in the text mean. */
  readonly nearer: readonly Location[];
  /** Whether a text that it takes is not held here. */
  readonly isUndecided: boolean;
}

/**
 * Judges whether the definition at `user` uses the one at `definition` while what that offers was changed concurrently
 * (O4). Null: not as long as what stands at both stays as it is, whatever else changes.
 */
export function judgeDependency(
  ports: MergePorts,
  source: DependencySource,
  definition: Location,
  user: Location,
): DependencyVerdict | null {
  const [changed, using] = [source.standing(definition), source.standing(user)];
  if (changed === null || using === null) return { conflict: null, nearer: [], isUndecided: false };
  const judgement = new Judgement(ports, source, definition, user);
  let isPossible = false;
  for (const use of using.heads) {
    const against = changed.heads.filter((change) => isConcurrent(source, change, use));
    if (against.length === 0 || use.value.type === "nothing") continue;
    const uses = judgement.uses(use);
    isPossible ||= uses.isPossible;
    if (uses.isNow) for (const change of against) judgement.compare(change, use);
  }
  if (!isPossible) {
    const mayComeBack = source.isContested(definition) || source.isContested(user);
    return mayComeBack ? { conflict: null, nearer: [], isUndecided: false } : null;
  }
  // Of a merge, the use must have come through.
  if (using.heads.length > 1 && using.shown !== null && !judgement.uses(using.shown).isNow)
    judgement.dismiss();
  return judgement.verdict();
}

class Judgement {
  readonly #ports: MergePorts;
  readonly #source: DependencySource;
  readonly #definition: Location;
  readonly #user: Location;
  readonly #heads = new Map<OpId, ConflictHead>();
  readonly #bases = new Map<OpId, Assignment<"name">>();
  readonly #nearer = new Set<Location>();
  #isUndecided = false;

  constructor(ports: MergePorts, source: DependencySource, definition: Location, user: Location) {
    this.#ports = ports;
    this.#source = source;
    this.#definition = definition;
    this.#user = user;
  }

  /** Whether what a naming of the user binds may mean the definition, and whether it does as names are bound now. */
  uses({ value }: Assignment<"name">): { readonly isPossible: boolean; readonly isNow: boolean } {
    if (value.type === "nothing") return { isPossible: false, isNow: false };
    const text = this.#text(value.hash);
    if (text === null) return { isPossible: true, isNow: false };
    const found = nearerOf(this.#ports.language, text, this.#definition, this.#user);
    for (const nearer of found) for (const location of nearer) this.#nearer.add(location);
    const isNow = found.some((nearer) => !nearer.some((location) => this.#source.isBound(location)));
    return { isPossible: found.length > 0, isNow };
  }

  /** Takes both heads into the record if one took away, or changed, what the author of the other knew. */
  compare(change: StandingHead, use: StandingHead): void {
    const known = this.#versionsKnown(change, use);
    const differs = known.every((version) => !this.#isSame(version, change));
    if (known.length === 0 || !differs) return;
    for (const { id, value, supersedes, location } of [change, use])
      this.#heads.set(id, { id, value, supersedes, location });
    for (const version of known) this.#bases.set(version.id, version);
  }

  dismiss(): void {
    this.#heads.clear();
  }

  verdict(): DependencyVerdict {
    const isRecord = this.#heads.size > 0 && !this.#isUndecided;
    return {
      conflict: isRecord ? this.#conflict() : null,
      nearer: [...this.#nearer],
      isUndecided: this.#isUndecided,
    };
  }

  #conflict(): Conflict {
    const locations = [this.#definition, this.#user].sort();
    const heads = [...this.#heads.values()].sort((left, right) => (left.id < right.id ? -1 : 1));
    const ids = heads.map(({ id }) => id);
    const [base] = this.#bases.size === 1 ? this.#bases.values() : [];
    return {
      id: conflictId(this.#ports.hash, mainBranch, "dependency", [this.#definition, this.#user], ids),
      kind: "dependency",
      location: this.#user,
      locations,
      heads,
      base: base ?? null,
    };
  }

  #isSame(version: Assignment<"name">, { value }: StandingHead): boolean {
    if (version.value.type === "nothing" || value.type === "nothing") return false;
    if (version.value.hash === value.hash) return true;
    const [before, now] = [this.#text(version.value.hash), this.#text(value.hash)];
    if (before === null || now === null) return true;
    return this.#ports.language.sameInterface(nameOf(this.#definition), before, now);
  }

  /** The latest versions before a head that the author of another one knew; one, unless they were concurrent. */
  #versionsKnown({ namings, location }: StandingHead, viewer: StandingHead): readonly Assignment<"name">[] {
    const known = new Map<OpId, Assignment<"name">>();
    const met = new Set<OpId>(namings);
    const waiting = this.#parentsOf(location, namings);
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (met.has(next.id)) continue;
      met.add(next.id);
      if (isSeenBy(this.#source, viewer, this.#source.sameVersion(location, next.id)))
        known.set(next.id, next);
      else waiting.push(...this.#parentsOf(location, [next.id]));
    }
    if (known.size > 1) for (const id of [...known.keys()]) this.#forgetEarlier(location, id, known);
    return [...known.values()].filter(({ value }) => value.type === "definition");
  }

  #forgetEarlier(location: Location, id: OpId, known: Map<OpId, Assignment<"name">>): void {
    const met = new Set<OpId>();
    const waiting = this.#parentsOf(location, [id]);
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (met.has(next.id)) continue;
      met.add(next.id);
      if (next.id !== id) known.delete(next.id);
      waiting.push(...this.#parentsOf(location, [next.id]));
    }
  }

  #parentsOf(location: Location, ids: readonly OpId[]): Assignment<"name">[] {
    const parents = ids.flatMap((id) => this.#source.assignment(location, id)?.supersedes ?? []);
    return parents.flatMap((id) => this.#source.assignment(location, id) ?? []);
  }

  #text(hash: string): DefinitionText | null {
    const text = this.#source.text(hash);
    this.#isUndecided ||= text === null;
    return text;
  }
}

/**
 * What stands where several heads, or moves, come together; null while it is a conflict. `location`: the judged one.
 */
export function standingOf(location: Location, { view, replaces }: JudgedName): Standing | null {
  if (view.conflict !== null) return null;
  const { shown, isMerged } = view;
  if (shown === null) return { shown, heads: [] };
  const all = [...replaces].flatMap(([written, namings]) =>
    namings.map((naming): ConflictHead => ({ ...naming, location: written })),
  );
  const ids = isMerged ? shown.supersedes : [shown.id];
  const heads = ids.flatMap((id) => {
    const head = all.find((each) => each.id === id);
    if (head === undefined) return [];
    const namings = all.filter((each) => saysTheSame(head, each, location)).map((each) => each.id);
    return [{ ...head, namings }];
  });
  return { shown, heads };
}

/** Equal (O2.1): removed is removed, wherever to. But a move from elsewhere removed nothing here. */
function saysTheSame(head: ConflictHead, other: ConflictHead, location: Location): boolean {
  const { value } = other;
  const cameFromElsewhere = value.type === "nothing" && value.movedTo !== null && other.location !== location;
  return !cameFromElsewhere && bindingKey(head.value) === bindingKey(value);
}

/** Neither had seen the other, and no device made both. */
function isConcurrent(source: DependencySource, left: StandingHead, right: StandingHead): boolean {
  return left.namings.map(changeOf).every((one) =>
    right.namings.map(changeOf).every((other) => {
      if (source.isOneDevice(one, other)) return false;
      return !source.hasSeen(one, other) && !source.hasSeen(other, one);
    }),
  );
}

function isSeenBy(source: DependencySource, viewer: StandingHead, ids: readonly OpId[]): boolean {
  return viewer.namings.some((own) => ids.some((id) => source.hasSeen(changeOf(own), changeOf(id))));
}

/** For each name in a user's text that may mean a definition: the locations that it would mean before that. */
function nearerOf(
  language: Language,
  text: DefinitionText,
  definition: Location,
  user: Location,
): readonly (readonly Location[])[] {
  const mentions = language.mentionFilter([definition]);
  if (!mentions(text.head) && !mentions(text.tail)) return [];
  return language.references(renderDefinition(text, nameOf(user))).flatMap((name) => {
    const candidates = language.candidates(name, moduleOf(user));
    const place = candidates.indexOf(definition);
    return place < 0 ? [] : [candidates.slice(0, place)];
  });
}
