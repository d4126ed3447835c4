import type { Change } from "@darksync/core/change";
import type { ContentHash } from "@darksync/core/content-hash";
import type { DefinitionText } from "@darksync/core/definition";
import { type Location, splitLocation } from "@darksync/core/location";
import type { Op } from "@darksync/core/op/op";
import { previousOp } from "@darksync/core/op/set-name";
import { textOfOp } from "@darksync/core/op/text-of-op";

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
 * Of the namings of one stream, in order, the last of each location: a device has seen what it wrote before. It
 * replaces something if one of them does.
 */
export function lastOfEach(namings: readonly Naming[]): readonly Naming[] {
  const last = new Map<Location, Naming>();
  for (const naming of namings) {
    const isReplacing = naming.isReplacing || last.get(naming.location)?.isReplacing === true;
    last.set(naming.location, isReplacing === naming.isReplacing ? naming : { ...naming, isReplacing });
  }
  return [...last.values()];
}

function broughtBefore(ops: readonly Op[], index: number): DefinitionText | null {
  const before = ops[index - 1];
  return before === undefined ? null : textOfOp(before);
}
