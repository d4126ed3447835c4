import type { DetailedConflict } from "@darksync/runtime/conflict/details";
import { oneLine } from "./step-choices.js";

/** A word to whoever edited what another one removed; null where that is not so. */
export function supersededLine(
  { kind, location }: Pick<DetailedConflict["conflict"], "kind" | "location">,
  heads: DetailedConflict["heads"],
): string | null {
  const removers = heads.filter(({ value, isMine }) => value.type === "nothing" && !isMine);
  const [remover] = removers;
  if (kind !== "edit-delete" || remover === undefined || removers.length > 1) return null;
  if (!heads.some(({ value, isMine }) => value.type === "definition" && isMine)) return null;
  return `${oneLine(remover.author)} removed ${oneLine(location)}, which you had edited: restore yours (--mine) or let it go (--theirs).`;
}
