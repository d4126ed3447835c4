import type { Assignment } from "./register.js";

/**
 * Whether a conflict record was accepted as it is, from the heads of its register. Beside a concurrent `Reopen` it is
 * open: a warning too many harms less (SPEC.md O1.10).
 */
export function isAccepted(heads: readonly Assignment<"acceptance">[]): boolean {
  return heads.length > 0 && heads.every(({ value }) => value.isAccepted);
}
