import { type ContentHash, contentHash } from "./content-hash.js";
import type { DefinitionText } from "./definition.js";
import type { Language } from "./language.js";
import { type Location, nameOf } from "./location.js";
import { mergeTexts } from "./merge-text.js";
import { bindingKey, type NamingGraph } from "./naming-graph.js";
import type { NodeSet } from "./node-set.js";
import type { OpId } from "./op-id.js";
import type { Hash } from "./ports.js";
import type { Binding } from "./register.js";

/** What merging runs on. */
export interface MergePorts {
  readonly hash: Hash;
  readonly language: Language;
}

/** A binding with its history: of a head, or of a merge of several, whose parents are what it was made of. */
interface Version {
  readonly binding: Binding;
  readonly history: NodeSet;
  /** Where it was written; null for a merge of what was written at several places. */
  readonly location: Location | null;
}

// Nearest common ancestors of nearest common ancestors, and so on: real histories need two or three.
const maxBaseDepth = 16;

// Merges of two for one location, those for bases counted in: whoever goes beyond has no honest history.
const maxMerges = 256;

/**
 * Merges the heads of one location three ways (O2): two at a time in the order given, each result a virtual version
 * whose parents are its inputs. What one side left as it was, the other decides. Several nearest common ancestors are
 * merged by the same rule to be the base, else there is none.
 */
export class HeadMerge {
  /** Texts that were asked for and are not held here: with them the result may be another. */
  readonly missing: Set<ContentHash> = new Set();
  readonly #ports: MergePorts;
  readonly #graph: NamingGraph;
  readonly #textOf: (hash: ContentHash) => DefinitionText | null;
  readonly #name: string;
  readonly #merged = new Map<ContentHash, DefinitionText>();
  #mergesLeft = maxMerges;

  constructor(
    ports: MergePorts,
    graph: NamingGraph,
    textOf: (hash: ContentHash) => DefinitionText | null,
    location: Location,
  ) {
    this.#ports = ports;
    this.#graph = graph;
    this.#textOf = textOf;
    this.#name = nameOf(location);
  }

  /** What the heads come to, or null if that is a conflict. */
  merge(heads: readonly OpId[]): Binding | null {
    return this.#mergeAll(heads, 0)?.binding ?? null;
  }

  /** The text of a merge's result, if it is none that a naming brought. */
  textOf(hash: ContentHash): DefinitionText | null {
    return this.#merged.get(hash) ?? null;
  }

  #mergeAll(ids: readonly OpId[], depth: number): Version | null {
    let merged: Version | null = null;
    for (const [index, id] of ids.entries()) {
      const next: Version = {
        binding: this.#graph.bindingOf(id),
        history: this.#graph.historyOf(id),
        location: this.#graph.locationOf(id),
      };
      if (index === 0) merged = next;
      else if (merged !== null) merged = this.#mergeTwo(merged, next, depth);
      if (merged === null) return null;
    }
    return merged;
  }

  #mergeTwo(left: Version, right: Version, depth: number): Version | null {
    this.#mergesLeft -= 1;
    if (this.#mergesLeft < 0) return null;
    const binding =
      bindingKey(left.binding) === bindingKey(right.binding)
        ? left.binding
        : this.#mergeBindings(this.#baseOf(left, right, depth), left, right);
    if (binding === null) return null;
    const location = left.location === right.location ? left.location : null;
    return { binding, history: left.history.union(right.history), location };
  }

  #baseOf(left: Version, right: Version, depth: number): Version | null {
    const nearest = this.#graph.nearestCommonAncestors([left.history, right.history]);
    return nearest.length === 0 || depth >= maxBaseDepth ? null : this.#mergeAll(nearest, depth + 1);
  }

  #mergeBindings(base: Version | null, left: Version, right: Version): Binding | null {
    if (base === null || base.binding.type === "nothing") return null;
    if (isUnchanged(base, left) && canBecome(base, left, right)) return right.binding;
    if (isUnchanged(base, right) && canBecome(base, right, left)) return left.binding;
    if (left.binding.type === "nothing" || right.binding.type === "nothing") return null;
    const { kind } = base.binding;
    if (left.binding.kind !== kind || right.binding.kind !== kind) return null;
    const [before, one, other] = [base.binding, left.binding, right.binding].map(({ hash }) =>
      this.#text(hash),
    );
    if (before == null || one == null || other == null) return null;
    const text = mergeTexts(this.#ports.language, this.#name, before, one, other);
    if (text === null) return null;
    const hash = contentHash(this.#ports.hash, text);
    this.#merged.set(hash, text);
    return { type: "definition", kind, hash, movedFrom: null };
  }

  #text(hash: ContentHash): DefinitionText | null {
    const text = this.#merged.get(hash) ?? this.#textOf(hash);
    if (text === null) this.missing.add(hash);
    return text;
  }
}

function isUnchanged(base: Version, version: Version): boolean {
  return bindingKey(base.binding) === bindingKey(version.binding);
}

/** Whoever moved a definition wants it, even if they left its text as it was: a removal does not just win. */
function canBecome(base: Version, unchanged: Version, other: Version): boolean {
  return other.binding.type === "definition" || unchanged.location === base.location;
}
