import type { Language, Skeleton } from "@darksync/core/language";
import { ownerOf } from "@darksync/core/location";

/**
 * Tells whose a file is: the owner of its first definition or of the module that heads it. A file with neither
 * (comments only, or nothing) belongs to whom the files around it belong to, nearest folder first.
 */
export class FileOwners {
  readonly #language: Language;
  readonly #ownerOfFolder = new Map<string, string>();

  constructor(language: Language) {
    this.#language = language;
  }

  /** The owner that the file itself names, remembered for its neighbours; or null. */
  named(path: string, skeleton: Skeleton): string | null {
    const owner = this.#ownerIn(skeleton);
    if (owner === null) return null;
    for (const folder of foldersOf(path))
      if (!this.#ownerOfFolder.has(folder)) this.#ownerOfFolder.set(folder, owner);
    return owner;
  }

  /** The owner of the nearest file whose owner is known, or null if there is none. */
  near(path: string): string | null {
    for (const folder of foldersOf(path)) {
      const owner = this.#ownerOfFolder.get(folder);
      if (owner !== undefined) return owner;
    }
    return null;
  }

  #ownerIn(skeleton: Skeleton): string | null {
    for (const piece of skeleton) if (typeof piece !== "string") return ownerOf(piece.location);
    return this.#language.moduleOfFile(skeleton)?.split(".", 1)[0] ?? null;
  }
}

/** The folders that a path is in, the innermost first; the last is the top, named by the empty text. */
function foldersOf(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.map((_, index) => parts.slice(0, parts.length - 1 - index).join("/"));
}
