import library from "@jest/diff-sequences";

/** A stretch of a sequence: from `start` up to, and not including, `end`. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** What a side put in the place of a stretch of the base. */
export interface Hunk {
  readonly base: Stretch;
  readonly side: Stretch;
  /** All places of the base where the same change could be said to be: more than `base` where pieces repeat. */
  readonly reach: Stretch;
}

/** Beyond so many pieces on either side between the first and the last difference, no comparison is made. */
export const maxDifferingPieces = 4096;

// The declarations of the library say CommonJS, its module for import gives the function itself.
const diffSequences = library as unknown as typeof library.default;

/**
 * What a side changed, in order, with at least one common piece between two hunks; null if there is too much to
 * compare. What was only inserted or only removed stands as far down as it can, so that the same change gives the
 * same hunk on both sides.
 */
export function hunksBetween(base: readonly string[], side: readonly string[]): readonly Hunk[] | null {
  const found = differences(base, side);
  if (found === null) return null;
  const hunks: Hunk[] = [];
  for (const hunk of found.toReversed()) {
    const next = hunks.at(-1);
    const moved = movedDown(base, side, hunk, next?.base.start ?? base.length);
    if (next === undefined || moved.base.end < next.base.start) hunks.push(moved);
    else hunks[hunks.length - 1] = joined(moved, next);
  }
  return hunks.reverse();
}

function joined(first: Hunk, second: Hunk): Hunk {
  const base = { start: first.base.start, end: second.base.end };
  return { base, side: { start: first.side.start, end: second.side.end }, reach: base };
}

function movedDown(
  base: readonly string[],
  side: readonly string[],
  hunk: Pick<Hunk, "base" | "side">,
  limit: number,
): Hunk {
  const isInsertion = hunk.base.start === hunk.base.end;
  if (!isInsertion && hunk.side.start !== hunk.side.end) return { ...hunk, reach: hunk.base };
  const [pieces, { start, end }] = isInsertion ? [side, hunk.side] : [base, hunk.base];
  let down = 0;
  while (hunk.base.end + down < limit && pieces[start + down] === pieces[end + down]) down += 1;
  let up = 0;
  while (up < hunk.base.start && up < hunk.side.start && pieces[start - up - 1] === pieces[end - up - 1])
    up += 1;
  const moved = (stretch: Stretch) => ({ start: stretch.start + down, end: stretch.end + down });
  return {
    base: moved(hunk.base),
    side: moved(hunk.side),
    reach: { start: hunk.base.start - up, end: hunk.base.end + down },
  };
}

function differences(
  base: readonly string[],
  side: readonly string[],
): readonly Pick<Hunk, "base" | "side">[] | null {
  const shorter = Math.min(base.length, side.length);
  let before = 0;
  while (before < shorter && base[before] === side[before]) before += 1;
  let after = 0;
  while (after < shorter - before && base[base.length - 1 - after] === side[side.length - 1 - after])
    after += 1;
  const baseLength = base.length - before - after;
  const sideLength = side.length - before - after;
  if (Math.max(baseLength, sideLength) > maxDifferingPieces) return null;
  const hunks: Pick<Hunk, "base" | "side">[] = [];
  const at = { base: before, side: before };
  const addUpTo = (baseEnd: number, sideEnd: number) => {
    if (at.base < baseEnd || at.side < sideEnd)
      hunks.push({ base: { start: at.base, end: baseEnd }, side: { start: at.side, end: sideEnd } });
  };
  diffSequences(
    baseLength,
    sideLength,
    (baseAt, sideAt) => base[before + baseAt] === side[before + sideAt],
    (length, baseAt, sideAt) => {
      addUpTo(before + baseAt, before + sideAt);
      at.base = before + baseAt + length;
      at.side = before + sideAt + length;
    },
  );
  addUpTo(before + baseLength, before + sideLength);
  return hunks;
}
