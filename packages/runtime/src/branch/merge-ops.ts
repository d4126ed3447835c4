import { deprecationOf, greatest } from "@darksync/core/deprecation";
import { type Location, ownerOf } from "@darksync/core/location";
import { bindingKey } from "@darksync/core/naming-graph";
import type { Op } from "@darksync/core/op/op";
import { previousOp } from "@darksync/core/op/set-name";
import type { Assignment, Binding } from "@darksync/core/register";
import { failure, type Result, success } from "@darksync/core/result";
import { addOp } from "../edit/namings.js";
import { judgedAt } from "../read/conflicts.js";
import { listOwners } from "../read/members.js";
import { soundText } from "../read/sound-text.js";
import { supersededBy } from "../replica/commit-change.js";
import type { Replica } from "../replica/replica.js";
import type { ReplicaTables } from "../store/store.js";
import type { BranchPackages } from "./branch-packages.js";

/** Ops of a merge that belong in one change, and whose they are. */
export interface MergePart {
  readonly owner: string;
  /** Definitions that it names or deprecates. */
  readonly locations: readonly Location[];
  readonly ops: readonly Op[];
}

export type BranchTables = ReplicaTables & { readonly packages: BranchPackages };

/** What has to be written to a target so that it shows what a branch shows (B2). */
export function mergeParts(
  replica: Replica,
  source: BranchTables,
  target: ReplicaTables,
): Result<readonly MergePart[]> {
  const ops = new Map<Location, readonly Op[]>();
  /** Places that a definition left, with where it went: both are named in one change, or it is no move. */
  const goesWith = new Map<Location, Location>();
  for (const location of [...source.packages.affectedLocations()].sort()) {
    const shown = source.packages.nameRow(location)?.shown?.value;
    if (shown === undefined || !isToBeWritten(source, target, location)) continue;
    const named = namingOps(replica, source, target, location, shown);
    if (!named.ok) return named;
    ops.set(location, named.value);
    if (shown.type === "nothing" && shown.movedTo !== null) goesWith.set(location, shown.movedTo);
    for (const [place, freed] of freeingOps(replica, source, target, location)) {
      goesWith.set(place, location);
      if (!ops.has(place)) ops.set(place, freed);
    }
  }
  for (const place of new Set(goesWith.values())) {
    const shown = source.packages.nameRow(place)?.shown?.value;
    if (ops.has(place) || shown?.type !== "definition") continue;
    const named = namingOps(replica, source, target, place, shown);
    if (!named.ok) return named;
    ops.set(place, named.value);
  }
  const parts = [...Map.groupBy(ops.keys(), (location) => lastPlace(goesWith, location)).values()].map(
    (locations): MergePart => ({
      owner: ownerOf(locations[0] ?? ""),
      locations,
      ops: locations.flatMap((location) => ops.get(location) ?? []),
    }),
  );
  return success([
    ...parts,
    ...deprecationParts(replica, source, target),
    ...fileParts(replica, source, target),
  ]);
}

function lastPlace(goesWith: ReadonlyMap<Location, Location>, start: Location): Location {
  const visited = new Set<Location>();
  let location = start;
  for (;;) {
    visited.add(location);
    const next = goesWith.get(location);
    if (next === undefined || visited.has(next)) return location;
    location = next;
  }
}

/** Whether a merge has to name a location in its target. */
export function isToBeWritten(source: ReplicaTables, target: ReplicaTables, location: Location): boolean {
  const [shown, there] = [source, target].map(({ packages }) => packages.nameRow(location)?.shown?.value);
  return shown !== undefined && (!isSame(shown, there) || isSettled(source, target, location));
}

/** Whether the branch settled what the target's heads disagree on, be it in favour of what that shows. */
function isSettled(source: ReplicaTables, target: ReplicaTables, location: Location): boolean {
  const register = { type: "name", key: location } as const;
  const [isOpen, isOpenThere] = [source, target].map(
    ({ packages }) => (packages.nameRow(location)?.conflict ?? null) !== null,
  );
  if (isOpenThere === true && isOpen === false) return true;
  return target.packages.heads(register).length > 1 && source.packages.heads(register).length === 1;
}

function isSame(left: Binding | undefined, right: Binding | undefined): boolean {
  return (
    (left === undefined ? "nothing" : bindingKey(left)) ===
    (right === undefined ? "nothing" : bindingKey(right))
  );
}

function namingOps(
  replica: Replica,
  source: BranchTables,
  target: ReplicaTables,
  location: Location,
  shown: Binding,
): Result<readonly Op[]> {
  const heads = judgedAt(replica, target, location)?.replaces.get(location) ?? [];
  const supersedes = supersededBy(replica, target, heads);
  if (shown.type === "nothing")
    return success([{ type: "UnsetName", location, movedTo: shown.movedTo, supersedes }]);
  const { kind, hash, movedFrom } = shown;
  if (isKnown(target, location, hash) || (movedFrom !== null && isKnown(target, movedFrom, hash)))
    return success([{ type: "SetName", location, kind, target: hash, movedFrom, supersedes }]);
  const text = soundText(replica, source, hash);
  if (text === null) {
    return failure(
      "text-missing",
      `the text of ${location} is not on this device`,
      "Go online and run `darklang sync`, then merge again.",
    );
  }
  return success([
    addOp(text),
    { type: "SetName", location, kind, target: previousOp, movedFrom, supersedes },
  ]);
}

/** Whether the target's own history of a location brought a text. */
function isKnown({ packages }: ReplicaTables, location: Location, hash: string): boolean {
  const heads = packages.heads({ type: "name", key: location });
  return heads.some(({ value }) => value.type === "definition" && value.hash === hash);
}

/** Frees anew the places from which heads followed to a location, so that they are merged with it. */
function freeingOps(
  replica: Replica,
  source: BranchTables,
  target: ReplicaTables,
  location: Location,
): readonly (readonly [Location, readonly Op[]])[] {
  const followed = new Set([
    ...(judgedAt(replica, source, location)?.replaces.keys() ?? []),
    ...(judgedAt(replica, target, location)?.replaces.keys() ?? []),
  ]);
  followed.delete(location);
  return [...followed].map((place) => {
    const heads = target.packages.heads({ type: "name", key: place });
    const replaced = new Set(judgedAt(replica, target, location)?.replaces.get(place));
    const away = heads.filter(({ value }) => value.type === "nothing");
    const supersedes = supersededBy(replica, target, [...new Set([...replaced, ...away])]);
    return [place, [{ type: "UnsetName", location: place, movedTo: location, supersedes }]];
  });
}

function deprecationParts(
  replica: Replica,
  source: BranchTables,
  target: ReplicaTables,
): readonly MergePart[] {
  return source.packages.touchedKeys("deprecation").flatMap((location): readonly MergePart[] => {
    const register = { type: "deprecation", key: location } as const;
    const [wanted, there] = [source, target].map(({ packages }) => deprecationOf(packages.heads(register)));
    if (wanted?.message === there?.message) return [];
    const supersedes = supersededBy(replica, target, target.packages.heads(register));
    const op: Op =
      wanted == null
        ? { type: "Undeprecate", location, supersedes }
        : { type: "Deprecate", location, message: wanted.message, supersedes };
    return [{ owner: ownerOf(location), locations: [location], ops: [op] }];
  });
}

function fileParts(replica: Replica, source: BranchTables, target: ReplicaTables): readonly MergePart[] {
  return source.packages.touchedKeys("file").flatMap((path): readonly MergePart[] => {
    const register = { type: "file", key: path } as const;
    const wanted = greatest(source.packages.heads(register))?.value.skeleton;
    const heads: readonly Assignment<"file">[] = target.packages.heads(register);
    if (wanted === undefined || JSON.stringify(greatest(heads)?.value.skeleton) === JSON.stringify(wanted))
      return [];
    const slot = wanted.find((piece) => typeof piece !== "string");
    const module = replica.language.moduleOfFile(wanted)?.split(".", 1)[0];
    const owner = (slot === undefined ? module : ownerOf(slot.location)) ?? listOwners(target)[0];
    if (owner === undefined) return [];
    const supersedes = supersededBy(replica, target, heads);
    return [{ owner, locations: [], ops: [{ type: "SetFile", path, skeleton: wanted, supersedes }] }];
  });
}
