import type { Conflict } from "@darksync/core/conflict";
import type { DefinitionText } from "@darksync/core/definition";
import type { Location } from "@darksync/core/location";
import { commonBase } from "@darksync/core/merge-at";
import { type ChangeId, changeOf, type OpId } from "@darksync/core/op-id";
import type { Binding } from "@darksync/core/register";
import { failure, type Result, success } from "@darksync/core/result";
import { type Scattering, scatteringAt } from "@darksync/core/scattering";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import type { NamesBefore } from "./names-before.js";

/** A location that gets a value; what it replaces is found where that is written. */
export interface Naming {
  readonly location: Location;
  readonly value: Binding;
  /** The text, where merging made it: nothing else may bring it (R19). */
  readonly text?: DefinitionText | null;
}

/**
 * What puts names back. `first`: what there was, or, where several sides stood against each other, what there was
 * before these. `sides`: each on top of that, concurrent with the others, so that they stand again.
 */
export interface PutBack {
  readonly first: readonly Naming[];
  readonly sides: readonly SideAgain[];
  /** The conflict as it was; null: there was none. */
  readonly conflict: { readonly id: string; readonly location: Location; readonly kind: string } | null;
}

/** A side that is to stand again. */
export interface SideAgain {
  readonly namings: readonly Naming[];
  /** The change that wrote it at first. */
  readonly first: ChangeId;
}

/** What puts back the names before some ops. */
export function namesToPutBack(
  replica: Pick<Replica, "hash" | "language">,
  tables: ReplicaTables,
  before: NamesBefore,
): Result<readonly PutBack[]> {
  const undoing = new UndoneNames(replica, tables, before);
  const found: PutBack[] = [];
  for (const location of before.locations) {
    if (undoing.isDone(location)) continue;
    const putBack = undoing.putBack(location);
    if (!putBack.ok) return putBack;
    if (putBack.value !== null) found.push(putBack.value);
  }
  return success(withMoves(before, found));
}

class UndoneNames {
  readonly #replica: Pick<Replica, "hash" | "language">;
  readonly #tables: ReplicaTables;
  readonly #before: NamesBefore;
  readonly #done = new Set<Location>();

  constructor(replica: Pick<Replica, "hash" | "language">, tables: ReplicaTables, before: NamesBefore) {
    this.#replica = replica;
    this.#tables = tables;
    this.#before = before;
  }

  isDone(location: Location): boolean {
    return this.#done.has(location);
  }

  putBack(location: Location): Result<PutBack | null> {
    const scattering = scatteringAt(this.#before.source, location);
    if (scattering !== null) return this.#scatter(scattering);
    this.#done.add(location);
    const name = this.#before.at(location);
    const shown = name?.view.shown ?? null;
    const standing =
      name?.conflict?.heads.map(({ id }) => id) ?? (name?.view.isMerged ? shown?.supersedes : null);
    if (name !== null && standing != null && standing.length > 1)
      return success(this.#standAgain(location, name.conflict, standing));
    const value = shown?.value ?? { type: "nothing", movedTo: null };
    // The definition went on from here before that change, and stays where it went.
    if (value.type === "nothing" && this.#isFree(location)) return success(null);
    return success({ first: [{ location, value }], sides: [], conflict: null });
  }

  /** Sides of one place. What was written elsewhere comes to stand where it belonged. */
  #standAgain(location: Location, conflict: Conflict | null, standing: readonly OpId[]): PutBack {
    const kind = conflict?.kind ?? null;
    const base = commonBase(this.#replica, this.#before.source, location, standing);
    const value: Binding =
      kind === "both-created" || kind === "name-taken" ? nothing : (base?.binding ?? nothing);
    return {
      first: [{ location, value: withoutMove(value), text: value === base?.binding ? base.text : null }],
      sides: standing.map((id) => ({ namings: this.#sideOf(location, kind, id), first: changeOf(id) })),
      conflict: conflict === null ? null : { id: conflict.id, location, kind: conflict.kind },
    };
  }

  #sideOf(location: Location, kind: string | null, id: OpId): readonly Naming[] {
    const { value, from } = this.#written(location, id);
    // Whether a name is taken, or made twice, is told by its having come by a move.
    if (kind !== "name-taken" || value.type === "nothing" || from === null || this.#isTaken(from))
      return [{ location, value: withoutMove(value) }];
    return [
      { location, value: { ...value, movedFrom: from } },
      { location: from, value: { type: "nothing", movedTo: location } },
    ];
  }

  /** What a naming bound, and from where it had come to the location. */
  #written(location: Location, id: OpId): { readonly value: Binding; readonly from: Location | null } {
    for (const [place, heads] of this.#before.at(location)?.replaces ?? []) {
      const head = heads.find((each) => each.id === id);
      if (head === undefined) continue;
      return { value: head.value, from: place === location ? this.#cameFrom(location, id) : place };
    }
    throw new Error(`no naming ${id} at ${location}`);
  }

  #cameFrom(location: Location, start: OpId): Location | null {
    const met = new Set<OpId>();
    const waiting = [start];
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const naming = met.has(id) ? null : this.#before.source.assignment(location, id);
      met.add(id);
      if (naming?.value.type !== "definition") continue;
      if (naming.value.movedFrom !== null) return naming.value.movedFrom;
      waiting.push(...naming.supersedes);
    }
    return null;
  }

  /** One definition at several places: back to where it was, and from there to each place. */
  #scatter({ places, origins, joined }: Scattering): Result<PutBack | null> {
    for (const location of [...places.keys(), ...origins.map((origin) => origin.location)])
      this.#done.add(location);
    const [home, ...others] = origins;
    const ids = [...[...places.values()].flat(), ...joined];
    if (home === undefined || others.length > 0 || home.isTaken || places.has(home.location))
      return cannotScatter;
    const base = commonBase(this.#replica, this.#before.source, home.location, ids);
    if (base?.binding.type !== "definition") return cannotScatter;
    const { location } = home;
    const [kept = ""] = places.keys();
    return success({
      first: [
        { location, value: { ...base.binding, movedFrom: kept }, text: base.text },
        ...[...places.keys()].map(
          (place): Naming => ({ location: place, value: { type: "nothing", movedTo: location } }),
        ),
      ],
      sides: [
        ...[...places].map(([place, [head = ""]]) => ({
          namings: this.#placeAgain(place, location),
          first: changeOf(head),
        })),
        ...home.heads
          .filter(({ id }) => joined.includes(id))
          .map(({ id, value }) => ({
            namings: [{ location, value: withoutMove(value) }],
            first: changeOf(id),
          })),
      ],
      conflict: { id: this.#before.at(kept)?.conflict?.id ?? "", location: kept, kind: "move-move" },
    });
  }

  #placeAgain(place: Location, home: Location): readonly Naming[] {
    const { view, mergedText: text } = this.#before.at(place) ?? {};
    const value = view?.shown?.value;
    if (value?.type !== "definition") throw new Error(`a definition was to be at ${place}`);
    return [
      { location: place, value: { ...value, movedFrom: home }, text: text ?? null },
      { location: home, value: { type: "nothing", movedTo: place } },
    ];
  }

  #isTaken(location: Location): boolean {
    const heads = this.#tables.packages.heads({ type: "name", key: location });
    return heads.some(({ value }) => value.type === "definition");
  }

  #isFree(location: Location): boolean {
    const heads = this.#tables.packages.heads({ type: "name", key: location });
    return heads.length === 1 && heads[0]?.value.type === "nothing";
  }
}

const nothing: Binding = { type: "nothing", movedTo: null };

const cannotScatter = failure(
  "settled-conflict",
  "that change settled where a definition is, and that cannot be put back as it was",
  "Look at it with `darklang log LOCATION`, then move it: darklang mv OLD NEW",
);

function withoutMove(value: Binding): Binding {
  return value.type === "definition" ? { ...value, movedFrom: null } : nothing;
}

/** A rename taken back is a rename: what is freed and what is bound in its place tell of each other. */
function withMoves(before: NamesBefore, putBacks: readonly PutBack[]): readonly PutBack[] {
  const single = putBacks.filter(({ sides }) => sides.length === 0).flatMap(({ first }) => first);
  const bound = new Set(
    single.flatMap(({ location, value }) => (value.type === "definition" ? [location] : [])),
  );
  const freed = new Set(
    single.flatMap(({ location, value }) => (value.type === "nothing" ? [location] : [])),
  );
  const among = (places: ReadonlySet<Location>, ...wanted: readonly (Location | null)[]) =>
    wanted.find((place) => place !== null && places.has(place)) ?? null;
  const withMove = ({ location, value }: Naming): Naming => {
    const by = before.movedBy(location);
    if (value.type === "definition") return { location, value: { ...value, movedFrom: among(freed, by) } };
    return { location, value: { type: "nothing", movedTo: among(bound, by, value.movedTo) } };
  };
  return putBacks.map((putBack) =>
    putBack.sides.length > 0 ? putBack : { ...putBack, first: putBack.first.map(withMove) },
  );
}
