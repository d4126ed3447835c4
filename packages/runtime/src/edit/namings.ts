import type { ContentHash } from "@darksync/core/content-hash";
import type { DefinitionKind, DefinitionText } from "@darksync/core/definition";
import type { Location } from "@darksync/core/location";
import type { Op } from "@darksync/core/op/op";
import { previousOp } from "@darksync/core/op/set-name";
import type { Assignment, Binding } from "@darksync/core/register";
import { supersededBy } from "../replica/commit-change.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import { type Replaced, replacedAt } from "./replaced.js";

/** What a location is bound to: a definition that is held already, or a new text. */
export type Target = { readonly kind: DefinitionKind; readonly hash: ContentHash } | DefinitionText;

/** What becomes of a location. */
type Naming =
  | { readonly type: "bind"; readonly target: Target; readonly movedFrom: Location | null }
  | { readonly type: "free"; readonly movedTo: Location | null };

interface Entry {
  naming: Naming;
  /** Whether it was asked for, and does not just make room for another one. */
  isAsked: boolean;
  readonly replaced: Set<Assignment<"name">>;
}

/**
 * The namings of one change. What a naming replaces may have been written elsewhere and have followed a move: that
 * place is freed anew, in favour of the naming, or the two would stand side by side (O3). A location may be asked for
 * once.
 */
export class Namings {
  readonly #replica: Replica;
  readonly #tables: ReplicaTables;
  readonly #entries = new Map<Location, Entry>();

  constructor(replica: Replica, tables: ReplicaTables) {
    this.#replica = replica;
    this.#tables = tables;
  }

  /** Binds a location in place of the heads that the author saw: by default all that this replica sees. */
  bind(
    location: Location,
    target: Target,
    movedFrom: Location | null = null,
    replaced: Replaced = replacedAt(this.#replica, this.#tables, location),
  ): this {
    return this.#name(location, { type: "bind", target, movedFrom }, replaced, location);
  }

  /** Frees a location in place of the heads that the author saw: by default all that this replica sees. */
  free(
    location: Location,
    movedTo: Location | null = null,
    replaced: Replaced = replacedAt(this.#replica, this.#tables, location),
  ): this {
    return this.#name(location, { type: "free", movedTo }, replaced, movedTo);
  }

  /** Gives a location what a naming bound it to. */
  give(location: Location, binding: Binding, replaced?: Replaced): this {
    return binding.type === "definition"
      ? this.bind(location, binding, null, replaced)
      : this.free(location, null, replaced);
  }

  /** Whether a location was asked for. */
  isAsked(location: Location): boolean {
    return this.#entries.get(location)?.isAsked === true;
  }

  /** The locations that are named anew, asked for or not. */
  get locations(): Iterable<Location> {
    return this.#entries.keys();
  }

  /** The ops, each text right before its name. */
  ops(): readonly Op[] {
    const ops: Op[] = [];
    for (const [location, { naming, replaced }] of this.#entries) {
      const supersedes = supersededBy(this.#replica, this.#tables, [...replaced]);
      if (naming.type === "free") {
        ops.push({ type: "UnsetName", location, movedTo: naming.movedTo, supersedes });
        continue;
      }
      const { target, movedFrom } = naming;
      const { kind } = target;
      const isHeld = "hash" in target;
      if (!isHeld) ops.push(addOp(target));
      const hash = isHeld ? target.hash : previousOp;
      ops.push({ type: "SetName", location, kind, target: hash, movedFrom, supersedes });
    }
    return ops;
  }

  #name(location: Location, naming: Naming, replaced: Replaced, followedTo: Location | null): this {
    if (this.isAsked(location)) throw new Error(`${location} is named twice`);
    const entry = this.#entry(location, naming, replaced.get(location));
    entry.naming = naming;
    entry.isAsked = true;
    for (const [place, heads] of replaced)
      if (place !== location) this.#entry(place, { type: "free", movedTo: followedTo }, heads);
    return this;
  }

  /** What becomes of a location so far, with more that it replaces; `naming` if that is nothing. */
  #entry(location: Location, naming: Naming, replaced: readonly Assignment<"name">[] = []): Entry {
    let entry = this.#entries.get(location);
    if (entry === undefined) {
      entry = { naming, isAsked: false, replaced: new Set() };
      this.#entries.set(location, entry);
    }
    for (const head of replaced) entry.replaced.add(head);
    return entry;
  }
}

/** The op that brings a text. */
export function addOp({ kind, head, tail }: DefinitionText): Op {
  switch (kind) {
    case "fn":
      return { type: "AddFn", head, tail };
    case "type":
      return { type: "AddType", head, tail };
    case "value":
      return { type: "AddValue", head, tail };
  }
}
