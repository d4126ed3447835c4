import type { Change } from "@darksync/core/change";
import type { ContentHash } from "@darksync/core/content-hash";
import type { DefinitionText } from "@darksync/core/definition";
import { type Location, splitLocation } from "@darksync/core/location";
import type { Op } from "@darksync/core/op/op";
import { previousOp } from "@darksync/core/op/set-name";
import { textOfOp } from "@darksync/core/op/text-of-op";
import type { PackageStore } from "../store/package-store.js";

/** What an op names, as far as finding pairs needs it. */
export interface Naming {
  readonly location: Location;
  /** Whether it replaces something: who brings something new takes nothing from anyone. */
  readonly isReplacing: boolean;
  /** The text, the hash of one that came otherwise, or null where nothing is bound. */
  readonly text: DefinitionText | ContentHash | null;
}

/** The namings of a change. */
export function namingsOf({ ops }: Change): readonly Naming[] {
  const namings: Naming[] = [];
  for (const [index, op] of ops.entries()) {
    if (op.type !== "SetName" && op.type !== "UnsetName") continue;
    const { location, supersedes } = op;
    // A change that was set aside may hold anything.
    if (splitLocation(location) === null) continue;
    const text =
      op.type === "UnsetName" ? null : op.target === previousOp ? broughtBefore(ops, index) : op.target;
    namings.push({ location, isReplacing: supersedes.length > 0, text });
  }
  return namings;
}

/**
 * Of the namings of one stream, in order, those that may stand: where one head is left, only the last of a location can
 * be it, and it replaces something if one of them does. Where a location is contested, any: a device that settles a
 * conflict supersedes the heads of that, and not always what it wrote there itself.
 */
export function thoseThatMayStand(
  packages: Pick<PackageStore, "heads" | "isLinked">,
  namings: readonly Naming[],
): readonly Naming[] {
  const last = new Map<Location, Naming>();
  const standing: Naming[] = [];
  for (const naming of namings) {
    const former = last.get(naming.location);
    const isReplacing = naming.isReplacing || former?.isReplacing === true;
    if (former !== undefined && isContested(packages, naming.location)) standing.push(former);
    last.set(naming.location, isReplacing === naming.isReplacing ? naming : { ...naming, isReplacing });
  }
  return [...standing, ...last.values()];
}

/** Whether several heads, or moves, come together at a location. */
export function isContested(packages: Pick<PackageStore, "heads" | "isLinked">, location: Location): boolean {
  return packages.isLinked(location) || packages.heads({ type: "name", key: location }).length > 1;
}

function broughtBefore(ops: readonly Op[], index: number): DefinitionText | null {
  const before = ops[index - 1];
  return before === undefined ? null : textOfOp(before);
}
