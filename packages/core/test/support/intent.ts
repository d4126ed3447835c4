import { darklang } from "../../../language/src/darklang.ts";
import { contentHash } from "../../src/content-hash.js";
import type { DefinitionText } from "../../src/definition.js";
import { namingSourceOf } from "../../src/fold.js";
import { nameOf } from "../../src/location.js";
import type { Op } from "../../src/op/op.js";
import { previousOp } from "../../src/op/set-name.js";
import type { OpId } from "../../src/op-id.js";
import type { Assignment, Binding } from "../../src/register.js";
import { scatteringAt } from "../../src/scattering.js";
import type { MapFoldStore } from "./map-fold-store.js";
import { addText } from "./placed.js";
import { sha256 } from "./ports.js";

/** What somebody wants, however it comes to be written. */
export type Intent =
  | { readonly type: "save"; readonly location: string; readonly source: string }
  | { readonly type: "remove"; readonly location: string }
  | { readonly type: "move"; readonly from: string; readonly to: string };

/** The text of a source that is one definition. */
export function textOfSource(source: string): DefinitionText {
  const parsed = darklang.parseDefinition(source);
  if ("reason" in parsed) throw new Error(`${parsed.reason}: ${source}`);
  return parsed.text;
}

/** The ops of an intent, by somebody who sees what is in the store. */
export function opsOf(store: MapFoldStore, intent: Intent): readonly Op[] {
  const namings = new Namings(store);
  switch (intent.type) {
    case "save":
      return savingOps(store, intent.location, textOfSource(intent.source));
    case "remove":
      return namings.free(intent.location, null).ops();
    case "move": {
      const shown = store.views.get(intent.from)?.shown?.value;
      if (shown?.type !== "definition") throw new Error(`nothing to move at ${intent.from}`);
      return namings.free(intent.from, intent.to).bind(intent.to, shown, intent.from).ops();
    }
  }
}

/** The ops that save a text at a location. */
export function savingOps(store: MapFoldStore, location: string, text: DefinitionText): readonly Op[] {
  return new Namings(store).bind(location, text).ops();
}

/** The same ops with their texts left to come later. */
export function withoutTexts(ops: readonly Op[]): readonly Op[] {
  let hash = "";
  return ops.flatMap((op): readonly Op[] => {
    if (op.type === "AddFn" || op.type === "AddType" || op.type === "AddValue") {
      const kind = op.type === "AddFn" ? "fn" : op.type === "AddType" ? "type" : "value";
      hash = contentHash(sha256, { kind, head: op.head, tail: op.tail });
      return [];
    }
    return [op.type === "SetName" && op.target === previousOp ? { ...op, target: hash } : op];
  });
}

/** How many ways there are to settle the conflict of a location. */
export function choicesAt(store: MapFoldStore, location: string): number {
  const conflict = store.conflictAt(location);
  if (conflict === null) return 0;
  return conflict.kind === "move-move" ? conflict.locations.length + 1 : conflict.heads.length;
}

/** The ops that settle the conflict of a location: for a head, or a place; the last choice of places is all of them. */
export function settlingOps(store: MapFoldStore, location: string, choice: number): readonly Op[] {
  const conflict = store.conflictAt(location);
  if (conflict === null) throw new Error(`no conflict at ${location}`);
  const note: Op = { type: "Resolve", conflict: conflict.id, choice: "head", rule: "" };
  if (conflict.kind === "move-move") return [...settleMoves(store, location, choice), note];
  const head = conflict.heads[choice];
  if (head === undefined) throw new Error(`no head ${choice}`);
  return [...new Namings(store).give(location, head.value).ops(), note];
}

function settleMoves(store: MapFoldStore, location: string, choice: number): readonly Op[] {
  const scattering = scatteringAt(namingSourceOf(store), location);
  if (scattering === null) throw new Error(`no moves to settle at ${location}`);
  const places = [...scattering.places.keys()];
  const kept = places[choice] ?? null;
  const namings = new Namings(store);
  if (kept !== null) {
    namings.give(kept, bindingAt(store, kept));
    for (const place of places) if (place !== kept) namings.free(place, kept);
  }
  for (const { location: origin, heads, isTaken } of scattering.origins) {
    if (isTaken) namings.give(origin, bindingAt(store, origin));
    else namings.free(origin, kept);
    namings.replace(origin, heads);
  }
  return namings.ops();
}

function bindingAt(store: MapFoldStore, location: string): Binding {
  return store.views.get(location)?.shown?.value ?? { type: "nothing", movedTo: null };
}

type Target = DefinitionText | Extract<Binding, { type: "definition" }>;

/** The namings of one change; what followed a move to a place is freed anew where it was written (O6.1). */
class Namings {
  readonly #store: MapFoldStore;
  readonly #asked = new Map<string, (supersedes: readonly OpId[]) => readonly Op[]>();
  readonly #supersedes = new Map<string, Set<OpId>>();
  readonly #freed = new Map<string, string | null>();

  constructor(store: MapFoldStore) {
    this.#store = store;
  }

  bind(location: string, target: Target, movedFrom: string | null = null): this {
    this.#asked.set(location, (supersedes) => this.#named(location, target, movedFrom, supersedes));
    return this.#replaceAll(location, location);
  }

  free(location: string, movedTo: string | null): this {
    this.#asked.set(location, (supersedes) => [{ type: "UnsetName", location, movedTo, supersedes }]);
    return this.#replaceAll(location, movedTo);
  }

  give(location: string, binding: Binding): this {
    return binding.type === "definition" ? this.bind(location, binding) : this.free(location, null);
  }

  replace(location: string, heads: readonly Assignment<"name">[]): void {
    const ids = this.#supersedes.get(location) ?? new Set();
    for (const { id } of heads) ids.add(id);
    this.#supersedes.set(location, ids);
  }

  ops(): readonly Op[] {
    return [...this.#supersedes].flatMap(([location, ids]): readonly Op[] => {
      const asked = this.#asked.get(location);
      if (asked !== undefined) return asked([...ids]);
      const movedTo = this.#freed.get(location) ?? null;
      return [{ type: "UnsetName", location, movedTo, supersedes: [...ids] }];
    });
  }

  #replaceAll(location: string, followedTo: string | null): this {
    this.replace(location, []);
    for (const [place, heads] of this.#store.replacedAt(location)) {
      this.replace(place, heads);
      if (place !== location) this.#freed.set(place, followedTo);
    }
    return this;
  }

  #named(
    location: string,
    target: Target,
    movedFrom: string | null,
    supersedes: readonly OpId[],
  ): readonly Op[] {
    const isBinding = "hash" in target;
    const text = isBinding ? this.#store.text(target.hash) : target;
    const { kind } = target;
    const name: Op = { type: "SetName", location, kind, target: previousOp, movedFrom, supersedes };
    // A text that merging made is brought by whoever writes it first.
    if (text !== null) return [addText(text), name];
    if (isBinding) return [{ ...name, target: target.hash }];
    throw new Error(`no text for ${nameOf(location)}`);
  }
}
