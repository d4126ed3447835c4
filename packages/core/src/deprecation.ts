import type { Assignment } from "./register.js";

/**
 * Whether and why a location is deprecated, from the heads of its register. Beside a concurrent `Undeprecate` the
 * deprecation wins; of several messages, the one of the greatest op id is shown (SPEC.md O1.4).
 */
export function deprecationOf(
  heads: readonly Assignment<"deprecation">[],
): { readonly message: string } | null {
  return greatest(heads.filter((head) => head.value !== null))?.value ?? null;
}

/** The value that stands where concurrent assignments have no better rule: that of the greatest op id. */
export function greatest<Head extends Assignment>(heads: readonly Head[]): Head | null {
  return heads.reduce<Head | null>((best, head) => (best === null || head.id > best.id ? head : best), null);
}
