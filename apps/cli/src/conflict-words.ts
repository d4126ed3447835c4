import type { DetailedConflict } from "@darksync/runtime/conflict/details";
import { oneLine } from "./step-choices.js";

/** A word to whoever edited or moved what another one removed; null where that is not so. */
export function supersededLine(
  { kind, location, base }: Pick<DetailedConflict["conflict"], "kind" | "location" | "base">,
  heads: DetailedConflict["heads"],
): string | null {
  const removers = heads.filter(({ value, isMine }) => value.type === "nothing" && !isMine);
  const [remover] = removers;
  if (kind !== "edit-delete" || remover === undefined || removers.length > 1) return null;
  const own = heads.filter(({ value, isMine }) => value.type === "definition" && isMine);
  if (own.length === 0) return null;
  const isMoved = own.every(
    ({ value, location: to }) =>
      value.type === "definition" && isSameText(value, base) && to !== remover.location,
  );
  const [gone, deed] = isMoved ? [remover.location, `moved to ${oneLine(location)}`] : [location, "edited"];
  return `${oneLine(remover.author)} removed ${oneLine(gone)}, which you had ${deed}: restore yours (--mine) or let it go (--theirs).`;
}

function isSameText(
  { hash }: { readonly hash: string },
  base: DetailedConflict["conflict"]["base"],
): boolean {
  return base?.value.type === "definition" && base.value.hash === hash;
}
