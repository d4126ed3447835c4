import type { DefinitionText } from "./definition.js";
import type { Language, Skeleton } from "./language.js";
import { type Location, moduleOf, nameOf } from "./location.js";

/** A file's layout under its path. */
export interface Layout {
  readonly path: string;
  readonly skeleton: Skeleton;
}

/** What laying out needs to know of definitions. */
export interface LayoutSource {
  /** The text at a location, or null if nothing (or nothing that is held here) is there. */
  textAt(location: Location): DefinitionText | null;
  /** Where the definition that was at a location has moved, or null. */
  movedTo(location: Location): Location | null;
}

const maxMoves = 100;

/**
 * Lays definitions out in files (O9): each in its own slot; one that moved within its module in the slot it had;
 * the others at the end of the file that their module heads, or in a new file. Files come in order of their paths.
 */
export function layOut(
  language: Language,
  layouts: readonly Layout[],
  locations: readonly Location[],
  source: LayoutSource,
): readonly { readonly path: string; readonly text: string }[] {
  const bySlot = new Map<Location, Location>();
  const placed = new Set<Location>();
  const sorted = [...layouts].sort((left, right) => (left.path < right.path ? -1 : 1));
  const present = new Set(locations);
  for (const { skeleton } of sorted) {
    for (const piece of skeleton) {
      if (typeof piece === "string") continue;
      const target = targetOf(piece.location, present, source);
      if (target === null || placed.has(target)) continue;
      placed.add(target);
      bySlot.set(piece.location, target);
    }
  }
  const homeless = locations.filter((location) => !placed.has(location));
  for (const location of homeless) bySlot.set(location, location);
  return withSlotsFor(language, sorted, homeless).map(({ path, skeleton }) => {
    // A slot is printed once, even if two layouts have it.
    const printed = new Set<Location>();
    const text = language.printFile(skeleton, (slot) => {
      const target = bySlot.get(slot);
      const definition = target === undefined || printed.has(slot) ? null : source.textAt(target);
      if (target === undefined || definition === null) return null;
      printed.add(slot);
      bySlot.delete(slot);
      return { name: nameOf(target), text: definition };
    });
    return { path, text };
  });
}

function targetOf(slot: Location, present: ReadonlySet<Location>, source: LayoutSource): Location | null {
  let location: Location | null = slot;
  for (let moves = 0; location !== null && moves < maxMoves; moves += 1) {
    if (present.has(location)) return moduleOf(location) === moduleOf(slot) ? location : null;
    location = source.movedTo(location);
  }
  return null;
}

function withSlotsFor(
  language: Language,
  layouts: readonly Layout[],
  homeless: readonly Location[],
): readonly Layout[] {
  const byModule = new Map<string, Location[]>();
  for (const location of homeless) {
    const module = moduleOf(location);
    byModule.set(module, [...(byModule.get(module) ?? []), location]);
  }
  const files = new Map(layouts.map(({ path, skeleton }) => [path, skeleton]));
  const fileOfModule = new Map<string, string>();
  for (const { path, skeleton } of layouts) {
    const module = language.moduleOfFile(skeleton);
    if (module !== null && !fileOfModule.has(module)) fileOfModule.set(module, path);
  }
  for (const [module, members] of byModule) {
    const path = fileOfModule.get(module);
    const skeleton = path === undefined ? undefined : files.get(path);
    if (path !== undefined && skeleton !== undefined) files.set(path, language.addSlots(skeleton, members));
    else files.set(newPath(module, files), language.newFile(module, members));
  }
  return [...files]
    .map(([path, skeleton]) => ({ path, skeleton }))
    .sort((left, right) => (left.path < right.path ? -1 : 1));
}

// Import skips paths with `_`, and file systems differ in letter case.
function newPath(module: string, taken: ReadonlyMap<string, unknown>): string {
  const stem = module
    .split(".")
    .map((part) => part.replace(/[^\p{L}\p{N}-]+/gu, "-"))
    .join("/");
  const lowerCase = new Set([...taken.keys()].map((path) => path.toLowerCase()));
  for (let count = 1; ; count += 1) {
    const path = count === 1 ? `${stem}.dark` : `${stem}-${count}.dark`;
    if (!lowerCase.has(path.toLowerCase())) return path;
  }
}
