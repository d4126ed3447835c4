import { type BranchId, branchOfLog } from "./branch.js";
import type { Change } from "./change.js";
import { mainBranch } from "./conflict.js";
import type { ContentHash } from "./content-hash.js";
import type { DefinitionKind, DefinitionText } from "./definition.js";
import type { FoldStore } from "./fold-store.js";
import { type JudgedGroup, judgeAlone, judgeGroup } from "./judge.js";
import { type Location, ownerOf } from "./location.js";
import type { MergePorts } from "./merge-heads.js";
import { linkedWith, type NamingSource } from "./naming-source.js";
import { effectsOf, type Op, validateOp } from "./op/op.js";
import type { Assign, Effect, TextEffect } from "./op/op-type.js";
import { previousOp } from "./op/set-name.js";
import { type ChangeId, maxOpsPerChange, type OpId, opId } from "./op-id.js";
import type { Hash } from "./ports.js";
import { type Assignment, type Binding, branchedKey, type Register, type RegisterType } from "./register.js";
import { isLogName } from "./vector.js";

/** A change with where it came from. */
export interface PlacedChange {
  readonly id: ChangeId;
  /** Public key of the device that made it, hex. */
  readonly device: string;
  readonly log: string;
  readonly change: Change;
}

/** What a batch came to. */
export interface Folded {
  /** The locations that its changes name. */
  readonly locations: readonly Location[];
  /** Those that had to be judged, with all that moves link them with: what they show may be another now. */
  readonly judged: ReadonlySet<Location>;
}

/**
 * Folds changes into a store, a batch at a time. The outcome depends on the set of changes only: not on order,
 * batches or duplicates (O8). A change that stands in several logs counts if it is valid in one of them.
 */
export class Fold {
  readonly #store: FoldStore;
  readonly #ports: MergePorts;
  // Registers of this batch by type and key, written once at its end however many assignments it brings.
  readonly #touched = new Map<RegisterType, Map<string, TouchedRegister>>();
  /** Locations that could not be merged for want of a text that has come now. */
  readonly #awaited = new Set<Location>();
  /** Texts of this batch of which some may have been replaced at its end; null: all are kept. */
  readonly #texts: BroughtText[] | null;

  /**
   * `texts`: `all` keeps each text that comes. `current` keeps what is not replaced at the end of the batch, or may have
   * to be merged over; of the others, which can be read where they were brought, it is only noted where that is.
   */
  constructor(store: FoldStore, ports: MergePorts, texts: "all" | "current" = "all") {
    this.#store = store;
    this.#ports = ports;
    this.#texts = texts === "all" ? null : [];
  }

  /**
   * Folds one change, or tells why it is set aside whole (O7). `isNew`: the store has nothing of it, which need not be
   * looked up for each op then.
   */
  fold(placed: PlacedChange, isNew = false): string | null {
    const effects = effectsOfChange(this.#ports.hash, placed);
    if (typeof effects === "string") return effects;
    this.apply(placed.id, effects, isNew);
    return null;
  }

  /** Folds a change whose effects are known already. `readText` gives texts that are not among them. */
  apply(
    id: ChangeId,
    effects: readonly PlacedEffect[],
    isNew: boolean,
    readText: ReadText = withoutText,
  ): void {
    for (const { index, effect } of effects) {
      const op = opId(id, index);
      if (effect.type === "text") this.#bring(effect, op, readText);
      else if (isNew || this.#store.assignment(effect.register, op) === null) this.#assign(effect, op);
    }
  }

  #bring({ hash, text }: TextEffect, op: OpId, readText: ReadText): void {
    if (this.#texts === null) this.#store.putText(hash, text ?? readText(op), op);
    else this.#texts.push({ hash, text, op, readText });
    this.judgeAwaiting(hash);
  }

  /** Has `finish` judge again what waited for a text, which can be read now. */
  judgeAwaiting(hash: ContentHash): void {
    for (const location of this.#store.takeAwaiting(hash)) this.#awaited.add(location);
  }

  /** Writes the batch's registers. Call it once, after the last `fold`. */
  finish(): Folded {
    const locations: Location[] = [];
    const undecided = new Set(this.#awaited);
    this.#keepTexts();
    for (const [type, touched] of this.#touched) {
      for (const { register, heads: headsById } of touched.values()) {
        const heads = [...headsById.values()];
        const isName = type === "name";
        const wasLinked = isName && this.#store.isLinked(register.key);
        this.#store.setHeads(register, heads);
        if (!isName) continue;
        locations.push(register.key);
        // A single head of a location that no move ties to a disagreement shows itself.
        if (heads.length > 1 || wasLinked) undecided.add(register.key);
      }
    }
    this.#touched.clear();
    this.#awaited.clear();
    return { locations, judged: this.#judge(undecided) };
  }

  #keepTexts(): void {
    if (this.#texts === null) return;
    const kept = new Set<ContentHash>();
    for (const type of ["name", "branchedName"] as const) {
      for (const { heads, hashes, isMoved } of this.#touched.get(type)?.values() ?? []) {
        const isPlain = heads.size < 2 && !isMoved;
        for (const hash of isPlain ? hashesOf(heads.values()) : hashes) kept.add(hash);
      }
    }
    for (const { hash, text, op, readText } of this.#texts) {
      if (kept.has(hash)) this.#store.putText(hash, text ?? readText(op), op);
      else this.#store.noteText(hash, op);
    }
    this.#texts.length = 0;
  }

  #judge(undecided: ReadonlySet<Location>): ReadonlySet<Location> {
    if (undecided.size === 0) return undecided;
    const judged = new Set<Location>();
    const source = namingSourceOf(this.#store);
    const show = ({ names, missing }: JudgedGroup, start: Location) => {
      for (const [location, { view, mergedText }] of names) {
        judged.add(location);
        if (mergedText !== null && view.shown?.value.type === "definition")
          this.#store.putText(view.shown.value.hash, mergedText, null);
        this.#store.setNameView(location, view);
      }
      for (const hash of missing) this.#store.awaitText(hash, start);
    };
    for (const start of undecided) {
      if (judged.has(start)) continue;
      const group = judgeGroup(this.#ports, mainBranch, source, start);
      show(group, start);
      if (!group.isAlone) continue;
      // Some of them may have been judged together, while they were fewer.
      for (const location of linkedWith(source, start)) {
        if (judged.has(location) || !(undecided.has(location) || this.#store.isLinked(location))) continue;
        show(judgeAlone(this.#ports, mainBranch, source, location), location);
      }
    }
    return judged;
  }

  #assign<Type extends RegisterType>(effect: Assign<Type>, id: OpId): void {
    const { register, value } = effect;
    const supersedes = effect.supersedes.length < 2 ? effect.supersedes : [...new Set(effect.supersedes)];
    const assignment: Assignment<Type> = { id, value, supersedes };
    const touched = this.#touch(register);
    if (this.#texts !== null) noteNaming(touched, value);
    this.#store.addAssignment(register, assignment);
    for (const superseded of supersedes) {
      if (!touched.heads.delete(superseded) && this.#store.assignment(register, superseded) === null)
        this.#store.addAhead(register, superseded);
    }
    if (!this.#store.takeAhead(register, id)) touched.heads.set(id, assignment);
  }

  #touch(register: Register): TouchedRegister {
    let ofType = this.#touched.get(register.type);
    if (ofType === undefined) {
      ofType = new Map();
      this.#touched.set(register.type, ofType);
    }
    let touched = ofType.get(register.key);
    if (touched === undefined) {
      const heads = new Map<OpId, Assignment>();
      for (const head of this.#store.heads(register)) heads.set(head.id, head);
      touched = { register, heads, hashes: [], isMoved: false };
      ofType.set(register.key, touched);
    }
    return touched;
  }
}

/** The approved packages as a source of namings. */
export function namingSourceOf(store: Pick<FoldStore, "heads" | "assignment" | "text">): NamingSource {
  return {
    heads: (location) => store.heads({ type: "name", key: location }),
    assignment: (location, id) => store.assignment({ type: "name", key: location }, id),
    text: (hash) => store.text(hash),
  };
}

/** Reads the text that an op brings. */
export type ReadText = (op: OpId) => DefinitionText;

function withoutText(op: OpId): never {
  throw new Error(`nobody can read the text of op ${op}`);
}

/** An effect of a change, with the index of the op that has it. */
export interface PlacedEffect {
  readonly index: number;
  readonly effect: Effect;
}

/** What a change does to the state, or why it is set aside whole (O7). It depends on nothing but the change. */
export function effectsOfChange(
  hash: Hash,
  placed: Omit<PlacedChange, "id">,
): readonly PlacedEffect[] | string {
  const problem = problemOf(placed);
  if (problem !== null) return problem;
  const { device, log, change } = placed;
  const { time, ops } = change;
  const branch = branchOfLog(log);
  const placedEffects: PlacedEffect[] = [];
  let textBefore: ContentHash | null = null;
  for (let index = 0; index < ops.length; index += 1) {
    const effects = effectsOf(ops[index] as Op, { hash, device, log, time, textBefore });
    textBefore = null;
    for (const effect of effects) {
      if (effect.type === "text") textBefore = effect.hash;
      const isBranched = effect.type === "assign" && branch !== null;
      placedEffects.push({ index, effect: isBranched ? withinBranch(effect, branch) : effect });
    }
  }
  return placedEffects;
}

/** What is set in a branch's log is set for that branch alone (O1.10). */
function withinBranch(effect: AnyAssign, branch: BranchId): AnyAssign {
  const { register } = effect;
  switch (register.type) {
    case "name":
      return branched(effect, "branchedName", branch);
    case "deprecation":
      return branched(effect, "branchedDeprecation", branch);
    case "file":
      return branched(effect, "branchedFile", branch);
    default:
      return effect;
  }
}

function branched(effect: AnyAssign, type: RegisterType, branch: BranchId): AnyAssign {
  const register = { type, key: branchedKey(branch, effect.register.key) };
  return { ...effect, register } as AnyAssign;
}

type AnyAssign = Extract<Effect, { type: "assign" }>;

interface TouchedRegister {
  readonly register: Register;
  readonly heads: Map<OpId, Assignment>;
  /** The definitions that this batch bound it to, as far as it matters which texts are kept. */
  readonly hashes: ContentHash[];
  /** Whether this batch moved something here or away. */
  isMoved: boolean;
}

interface BroughtText {
  readonly hash: ContentHash;
  readonly text: DefinitionText | null;
  readonly op: OpId;
  readonly readText: ReadText;
}

function noteNaming(touched: TouchedRegister, value: Assignment["value"]): void {
  if (!isBinding(value)) return;
  if (value.type === "definition") touched.hashes.push(value.hash);
  touched.isMoved ||= (value.type === "definition" ? value.movedFrom : value.movedTo) !== null;
}

function hashesOf(heads: Iterable<Assignment>): readonly ContentHash[] {
  return [...heads].flatMap(({ value }) =>
    isBinding(value) && value.type === "definition" ? [value.hash] : [],
  );
}

function isBinding(value: Assignment["value"]): value is Binding {
  return value !== null && "type" in value;
}

/** Why a change counts for nothing, or null: checked alike where it is made, where it is relayed and where it is folded. */
export function problemOf({ change, log }: Pick<PlacedChange, "change" | "log">): string | null {
  if (change.ops.length === 0) return "a change without ops";
  if (change.ops.length > maxOpsPerChange) return `a change of more than ${maxOpsPerChange} ops`;
  if (change.rules < 1) return "a change under no merge rules";
  // Nearly every change has one op that sets something: no set is made for that.
  let first: string | null = null;
  let assigned: Set<string> | null = null;
  let before: Op | undefined;
  for (const op of change.ops) {
    const problem = validateOp(op, log) ?? foreignOwner(op, log) ?? missingText(op, before);
    if (problem !== null) return problem;
    before = op;
    const register = assignedRegister(op);
    if (register === null) continue;
    if (register === first || assigned?.has(register)) return `two ops of one change set ${register}`;
    if (first === null) first = register;
    else {
      assigned ??= new Set();
      assigned.add(register);
    }
  }
  return isLogName(log)
    ? null
    : `${log.slice(0, 80)} is not the name of a log: an owner is one word of at most 160 characters`;
}

function missingText(op: Op, before: Op | undefined): string | null {
  if (op.type !== "SetName" || op.target !== previousOp) return null;
  const brings = before === undefined ? null : kindBrought(before);
  return brings === op.kind ? null : `the text of ${op.location} does not stand before its name`;
}

function kindBrought(op: Op): DefinitionKind | null {
  switch (op.type) {
    case "AddFn":
      return "fn";
    case "AddType":
      return "type";
    case "AddValue":
      return "value";
    default:
      return null;
  }
}

const mainLogPrefix = "main/";

function foreignOwner(op: Op, log: string): string | null {
  if (!("location" in op) || !(log === "main" || log.startsWith(mainLogPrefix))) return null;
  return ownerOf(op.location) === log.slice(mainLogPrefix.length)
    ? null
    : `${op.location} does not belong in the log ${log}`;
}

function assignedRegister(op: Op): string | null {
  switch (op.type) {
    case "SetName":
    case "UnsetName":
      return `the name ${op.location}`;
    case "Deprecate":
    case "Undeprecate":
      return `the deprecation of ${op.location}`;
    case "SetFile":
      return `the file ${op.path}`;
    case "IntroduceDevice":
      return "the device";
    case "CreateNamespace":
      return `the namespace ${op.owner}`;
    case "Accept":
    case "Reopen":
      return `whether conflict ${op.conflict} is accepted`;
    case "CreateBranch":
      return "the branch";
    case "NameBranch":
      return "the name of the branch";
    case "SetBase":
      return "the base of the branch";
    case "ArchiveBranch":
    case "RestoreBranch":
      return "whether the branch is archived";
    case "ShareBranch":
      return `what ${op.member} may do with the branch`;
    case "Merged":
    case "Unmerged":
      return `the merge of ${op.branch}`;
    case "AddFn":
    case "AddType":
    case "AddValue":
    case "Resolve":
      return null;
  }
}
