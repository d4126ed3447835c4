import { decodeChange } from "@darksync/core/change";
import { type ContentHash, definitionKinds } from "@darksync/core/content-hash";
import type { DefinitionText } from "@darksync/core/definition";
import type { PlacedEffect } from "@darksync/core/fold";
import { textOfOp } from "@darksync/core/op/text-of-op";
import { indexOf, type OpId } from "@darksync/core/op-id";
import type { ReadChange } from "./read-change.js";

/** A change out of a segment. Its effects are without the texts, most of which nobody needs. */
export interface SealedChange extends ReadChange {
  /** Where its bytes lie in the segment's body. */
  readonly at: number;
  readonly byteCount: number;
}

/**
 * The changes of a segment, one column for each thing that is known of them: objects for each would take the thread that
 * reads them, and the one that gets them, longer than what is done with them. Nearly all changes are saves: they bring a
 * text and name it.
 */
export interface SealedChanges {
  /** The ids, one after the other. */
  readonly ids: string;
  readonly at: Uint32Array;
  readonly byteCounts: Uint32Array;
  readonly wallMs: Float64Array;
  readonly counters: Float64Array;
  /** The kind of the definition that a save saves, counted from 1; 0 for any other change. */
  readonly kinds: Uint8Array;
  /** The content hashes of what is saved, one after the other; what stands there for other changes means nothing. */
  readonly hashes: string;
  /** The locations that saves name; empty for other changes. */
  readonly locations: readonly string[];
  /** What saves supersede, joined by spaces; empty for other changes. */
  readonly supersedes: readonly string[];
  /** The changes that are no saves, by index. */
  readonly others: ReadonlyMap<number, Pick<ReadChange, "time" | "effects">>;
}

const hashLength = 64;

/** Makes columns of changes that come one by one: no object is kept for any of them. */
export class SealedChangesBuilder {
  readonly #ids: string[] = [];
  readonly #at: number[] = [];
  readonly #byteCounts: number[] = [];
  readonly #wallMs: number[] = [];
  readonly #counters: number[] = [];
  readonly #kinds: number[] = [];
  readonly #hashes: string[] = [];
  readonly #locations: string[] = [];
  readonly #supersedes: string[] = [];
  readonly #others = new Map<number, Pick<ReadChange, "time" | "effects">>();

  /** How many changes were added. */
  get count(): number {
    return this.#ids.length;
  }

  add(change: SealedChange): void {
    const { id, time, effects, at, byteCount } = change;
    const save = saveOf(change);
    if (save === null) this.#others.set(this.count, { time, effects: withoutTexts(effects) });
    this.#ids.push(id);
    this.#at.push(at);
    this.#byteCounts.push(byteCount);
    this.#wallMs.push(time?.wallMs ?? 0);
    this.#counters.push(time?.counter ?? 0);
    this.#kinds.push(save?.kind ?? 0);
    this.#hashes.push(save?.hash ?? id);
    this.#locations.push(save?.location ?? "");
    this.#supersedes.push(save?.supersedes.join(" ") ?? "");
  }

  columns(): SealedChanges {
    return {
      ids: this.#ids.join(""),
      at: Uint32Array.from(this.#at),
      byteCounts: Uint32Array.from(this.#byteCounts),
      wallMs: Float64Array.from(this.#wallMs),
      counters: Float64Array.from(this.#counters),
      kinds: Uint8Array.from(this.#kinds),
      hashes: this.#hashes.join(""),
      locations: this.#locations,
      supersedes: this.#supersedes,
      others: this.#others,
    };
  }
}

/** `count` changes from the one at index `first` on. */
export function changesIn(columns: SealedChanges, first: number, count: number): readonly SealedChange[] {
  return Array.from({ length: count }, (_, index) => changeAt(columns, first + index));
}

function changeAt(columns: SealedChanges, index: number): SealedChange {
  const id = hashAt(columns.ids, index);
  const place = { at: columns.at[index] ?? 0, byteCount: columns.byteCounts[index] ?? 0 };
  const other = columns.others.get(index);
  if (other !== undefined) return { id, time: other.time, effects: other.effects, ...place };
  const time = { wallMs: columns.wallMs[index] ?? 0, counter: columns.counters[index] ?? 0 };
  return { id, time, effects: effectsOfSave(columns, index), ...place };
}

function effectsOfSave(columns: SealedChanges, index: number): readonly PlacedEffect[] {
  const hash = hashAt(columns.hashes, index);
  const kind = definitionKinds[(columns.kinds[index] ?? 0) - 1] ?? "fn";
  const key = columns.locations[index] ?? "";
  const superseded = columns.supersedes[index] ?? "";
  const supersedes = superseded === "" ? [] : superseded.split(" ");
  const value = { type: "definition", kind, hash, movedFrom: null } as const;
  return [
    { index: 0, effect: { type: "text", hash, text: null } },
    { index: 1, effect: { type: "assign", register: { type: "name", key }, value, supersedes } },
  ];
}

function hashAt(hashes: string, index: number): string {
  return hashes.slice(hashLength * index, hashLength * (index + 1));
}

/** What a change saves, if it saves one definition and does nothing else. */
interface Save {
  readonly kind: number;
  readonly hash: ContentHash;
  readonly location: string;
  readonly supersedes: readonly OpId[];
}

function saveOf({ time, effects }: SealedChange): Save | null {
  if (time === null || typeof effects === "string" || effects.length !== 2) return null;
  const [first, second] = effects;
  if (first?.index !== 0 || first.effect.type !== "text" || second?.index !== 1) return null;
  const { effect } = second;
  if (effect.type !== "assign" || effect.register.type !== "name") return null;
  const { register, supersedes } = effect;
  const value = effect.value as (typeof effect & { register: { type: "name" } })["value"];
  if (value === null || !("type" in value) || value.type !== "definition" || value.movedFrom !== null)
    return null;
  if (value.hash !== first.effect.hash) return null;
  return {
    kind: 1 + definitionKinds.indexOf(value.kind),
    hash: value.hash,
    location: register.key,
    supersedes,
  };
}

function withoutTexts(effects: ReadChange["effects"]): ReadChange["effects"] {
  if (typeof effects === "string") return effects;
  return effects.map((placed): PlacedEffect => {
    const { index, effect } = placed;
    return effect.type === "text" ? { index, effect: { ...effect, text: null } } : placed;
  });
}

/** The text that an op of a change in a segment brings. */
export function sealedText(body: Uint8Array, change: SealedChange | undefined, op: OpId): DefinitionText {
  const { at = 0, byteCount = 0 } = change ?? {};
  const decoded = decodeChange(body.subarray(at, at + byteCount));
  const brought = decoded.type === "change" ? decoded.change.ops[indexOf(op)] : undefined;
  const text = brought === undefined ? null : textOfOp(brought);
  if (text === null) throw new Error(`op ${op} brings no text`);
  return text;
}
