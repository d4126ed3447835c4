import type { Conflict } from "@darksync/core/conflict";
import { namingSourceOf } from "@darksync/core/fold";
import { type Location, moduleOf, nameOf, splitLocation } from "@darksync/core/location";
import { mergeAt } from "@darksync/core/merge-at";
import type { Op } from "@darksync/core/op/op";
import type { OpId } from "@darksync/core/op-id";
import type { Binding } from "@darksync/core/register";
import { failure, type Result, success } from "@darksync/core/result";
import type { Scattering } from "@darksync/core/scattering";
import { Namings, type Target } from "../edit/namings.js";
import type { Replaced } from "../edit/replaced.js";
import { withMergedText } from "../edit/with-merged-text.js";
import { supersededBy } from "../replica/commit-change.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import type { Decision } from "./decision.js";
import { type Side, scatteringOf } from "./side.js";

/** What settles a conflict: ops that belong in one change. */
export interface Settling {
  readonly ops: readonly Op[];
  /** The locations that the ops name: of two settlings of one change they must differ. */
  readonly locations: readonly Location[];
  /** Where other sides went, by rule `both`. */
  readonly madeAt: readonly Location[];
}

/** The ops that make a decision about a conflict true. `taken`: names that are given already and not yet seen. */
export function settlingOf(
  replica: Replica,
  tables: ReplicaTables,
  conflict: Conflict,
  decision: Decision,
  taken: ReadonlySet<Location> = new Set(),
): Result<Settling> {
  if (decision.type === "accept") return success(acceptance(replica, tables, conflict));
  const settler = new Settler(replica, tables, conflict, taken);
  const refusal = conflict.kind === "move-move" ? settler.settlePlaces(decision) : settler.settle(decision);
  return refusal ?? success(settler.result());
}

function acceptance(replica: Replica, tables: ReplicaTables, { id }: Conflict): Settling {
  const heads = tables.packages.heads({ type: "acceptance", key: id });
  const supersedes = supersededBy(replica, tables, heads);
  return { ops: [{ type: "Accept", conflict: id, supersedes }], locations: [], madeAt: [] };
}

type Refusal = Extract<Result<never>, { ok: false }> | null;

class Settler {
  readonly #replica: Replica;
  readonly #tables: ReplicaTables;
  readonly #conflict: Conflict;
  readonly #taken: ReadonlySet<Location>;
  readonly #namings: Namings;
  readonly #madeAt: Location[] = [];

  constructor(replica: Replica, tables: ReplicaTables, conflict: Conflict, taken: ReadonlySet<Location>) {
    this.#replica = replica;
    this.#tables = tables;
    this.#conflict = conflict;
    this.#taken = taken;
    this.#namings = new Namings(replica, tables);
  }

  result(): Settling {
    return {
      ops: this.#namings.ops(),
      locations: [...this.#namings.locations],
      madeAt: this.#madeAt,
    };
  }

  /** Of heads that disagree at one place. */
  settle(decision: Exclude<Decision, { type: "accept" }>): Refusal {
    const { location, heads, base } = this.#conflict;
    switch (decision.type) {
      case "keep":
        this.#namings.give(location, bindingOf(decision.side));
        return null;
      case "both": {
        const kept = bindingOf(decision.kept);
        this.#namings.give(location, kept);
        for (const { value } of heads) {
          if (value === kept || value.type !== "definition") continue;
          const refusal = this.#giveNewName(value);
          if (refusal !== null) return refusal;
        }
        return null;
      }
      case "base":
        if (base === null) throw new Error(`the conflict ${this.#conflict.id} has no base`);
        this.#namings.give(location, base.value);
        return null;
      case "delete":
        this.#namings.free(location);
        return null;
      case "text":
        this.#namings.bind(location, decision.text);
        return null;
    }
  }

  /** Of one definition at several places. */
  settlePlaces(decision: Exclude<Decision, { type: "accept" }>): Refusal {
    const scattering = scatteringOf(this.#tables, this.#conflict);
    switch (decision.type) {
      case "keep": {
        const { place } = decision.side;
        this.#namings.bind(place, this.#targetAt(place, scattering, decision.side));
        this.#leave(scattering, place);
        return this.#settleOrigins(scattering, place);
      }
      case "base":
        return this.#putBack(scattering);
      case "both":
        return this.#joinEdits(scattering) ?? this.#settleOrigins(scattering, null);
      case "delete":
        for (const place of scattering.places.keys()) this.#namings.free(place);
        return this.#settleOrigins(scattering, null);
      case "text":
        throw new Error("a text does not say which place stays");
    }
  }

  /** The places but one are given up in its favour. */
  #leave({ places }: Scattering, kept: Location): void {
    for (const place of places.keys()) if (place !== kept) this.#namings.free(place, kept);
  }

  /** The clean merge of all heads, or else the text of the side. */
  #targetAt(place: Location, { joined, places }: Scattering, side: Side): Target {
    const merged = this.#mergeAt(place, [...places.values()].flat().concat(joined));
    if (merged !== null) return merged;
    const shown = this.#tables.packages.nameRow(place)?.shown?.value;
    if (shown?.type === "definition") return withMergedText(this.#replica, this.#tables, place, shown);
    const own = bindingOf(side);
    if (own.type === "nothing") throw new Error(`a definition is to stay at ${place} where there is none`);
    return own;
  }

  /** Back to where it was before it was moved. */
  #putBack(scattering: Scattering): Refusal {
    const { base } = this.#conflict;
    const before = base?.value;
    if (before?.type !== "definition") throw new Error("a definition that moved had no text before");
    const moved = scattering.origins.filter(({ heads }) =>
      heads.some(({ value }) => value.type === "nothing"),
    );
    const [home] = moved.length === 1 ? moved : [];
    if (home === undefined || home.isTaken) return cannotPutBack(home?.location ?? null);
    const { location } = home;
    const from = [...scattering.places.keys()].find((place) => place !== location) ?? null;
    const replaced = scattering.places.has(location) ? undefined : new Map([[location, home.heads]]);
    this.#namings.bind(location, before, from, replaced);
    this.#leave(scattering, location);
    return this.#settleOrigins(scattering, location);
  }

  /** Edits that followed the moves to all places are brought to each. */
  #joinEdits({ places, joined }: Scattering): Refusal {
    if (joined.length === 0) return null;
    for (const [place, heads] of places) {
      const target = this.#mergeAt(place, [...heads, ...joined]);
      if (target === null) return followedAll(place);
      this.#namings.bind(place, target);
    }
    return null;
  }

  /** Where the moves started is over with: in favour of one place, or of none in particular. */
  #settleOrigins({ origins, places }: Scattering, kept: Location | null): Refusal {
    for (const { location, heads, isTaken } of origins) {
      if (this.#namings.isAsked(location)) continue;
      // A move that led back: the place is its own, and stands for the moves as well.
      if (places.has(location)) this.#bindAsShown(location);
      else if (!isTaken) this.#namings.free(location, kept, new Map([[location, heads]]));
      else if (this.#tables.packages.nameRow(location)?.conflict === null)
        this.#bindAsShown(location, new Map([[location, heads]]));
      else return originInConflict(location);
    }
    return null;
  }

  #bindAsShown(location: Location, replaced?: Replaced): void {
    const shown = this.#tables.packages.nameRow(location)?.shown?.value;
    if (shown === undefined) throw new Error(`nothing is known of ${location}`);
    if (shown.type === "nothing") this.#namings.free(location, null, replaced);
    else {
      const target = withMergedText(this.#replica, this.#tables, location, shown);
      this.#namings.bind(location, target, null, replaced);
    }
  }

  #mergeAt(place: Location, heads: readonly OpId[]): Target | null {
    const merged = mergeAt(this.#replica, namingSourceOf(this.#tables.packages), place, heads);
    if (merged?.binding.type !== "definition") return null;
    return merged.text ?? merged.binding;
  }

  #giveNewName(binding: Extract<Binding, { type: "definition" }>): Refusal {
    const { location } = this.#conflict;
    for (let number = 2; ; number += 1) {
      const place = `${moduleOf(location)}.${numbered(nameOf(location), number)}`;
      if (splitLocation(place) === null) return nameTooLong(location);
      if (this.#taken.has(place) || this.#madeAt.includes(place)) continue;
      if (this.#tables.packages.heads({ type: "name", key: place }).length > 0) continue;
      this.#madeAt.push(place);
      this.#namings.bind(place, binding);
      return null;
    }
  }
}

/** `name_2`; of a name in backticks within these. */
function numbered(name: string, number: number): string {
  return name.startsWith("``") ? `${name.slice(0, -2)}_${number}\`\`` : `${name}_${number}`;
}

function bindingOf({ heads: [head] }: Side): Binding {
  if (head === undefined) throw new Error("a side without a head");
  return head.value;
}

function nameTooLong(location: Location): Refusal {
  return failure(
    "name-too-long",
    `there is no room for a number behind the name of ${location}`,
    "Keep one side: --mine, --theirs or --head HASH.",
  );
}

function cannotPutBack(home: Location | null): Refusal {
  return failure(
    "location-taken",
    home === null
      ? "it was not moved from one place only"
      : `there is another definition at ${home} now, from where it was moved`,
    "Keep one of the places: --mine, --theirs or --head HASH.",
  );
}

function originInConflict(origin: Location): Refusal {
  return failure(
    "origin-in-conflict",
    `${origin}, from where it was moved, is in conflict itself`,
    "Settle that one first.",
  );
}

function followedAll(place: Location): Refusal {
  return failure(
    "cannot-merge",
    `an edit made before the moves does not fit in the text at ${place}`,
    "Keep one of the places: --mine, --theirs or --head HASH.",
  );
}
