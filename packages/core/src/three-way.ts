import library from "@jest/diff-sequences";

/** A stretch of a sequence: from `start` up to, and not including, `end`. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** A stretch of the base and what stands in its place on either side; `changed` says who replaced it. */
export interface Region {
  readonly changed: "neither" | "left" | "right" | "both";
  readonly base: Stretch;
  readonly left: Stretch;
  readonly right: Stretch;
}

/** What one side put in the place of a stretch of the base. */
interface Hunk {
  readonly base: Stretch;
  readonly side: Stretch;
}

/** Beyond so many pieces on either side between the first and the last difference, no comparison is made. */
export const maxDifferingPieces = 4096;

// The declarations of the library say CommonJS, its module for import gives the function itself.
const diffSequences = library as unknown as typeof library.default;

/**
 * Lays two sequences beside the one both came from. The regions cover all three from start to end, in order. Changes
 * of the two sides that overlap or touch are in one region. Null if there is too much to compare.
 */
export function alignThreeWays(
  base: readonly string[],
  left: readonly string[],
  right: readonly string[],
): readonly Region[] | null {
  const leftHunks = hunksBetween(base, left);
  const rightHunks = hunksBetween(base, right);
  if (leftHunks === null || rightHunks === null) return null;
  const regions: Region[] = [];
  const at = { base: 0, left: 0, right: 0 };
  let nextLeft = 0;
  let nextRight = 0;
  const advance = (changed: Region["changed"], to: { base: number; left: number; right: number }) => {
    regions.push({
      changed,
      base: { start: at.base, end: to.base },
      left: { start: at.left, end: to.left },
      right: { start: at.right, end: to.right },
    });
    Object.assign(at, to);
  };
  for (;;) {
    const start = Math.min(startOf(leftHunks[nextLeft]), startOf(rightHunks[nextRight]));
    const same = Math.min(start, base.length) - at.base;
    if (same > 0) advance("neither", { base: at.base + same, left: at.left + same, right: at.right + same });
    if (start === Number.POSITIVE_INFINITY) return regions;
    const [firstLeft, firstRight] = [nextLeft, nextRight];
    // Hunks of one side never touch each other, so a region grows by turns.
    let end = start;
    for (let grown = true; grown; ) {
      grown = false;
      for (; startOf(leftHunks[nextLeft]) <= end; nextLeft += 1, grown = true)
        end = Math.max(end, leftHunks[nextLeft]?.base.end ?? end);
      for (; startOf(rightHunks[nextRight]) <= end; nextRight += 1, grown = true)
        end = Math.max(end, rightHunks[nextRight]?.base.end ?? end);
    }
    const changed = nextLeft === firstLeft ? "right" : nextRight === firstRight ? "left" : "both";
    const length = end - start;
    advance(changed, {
      base: end,
      left: at.left + length + growth(leftHunks.slice(firstLeft, nextLeft)),
      right: at.right + length + growth(rightHunks.slice(firstRight, nextRight)),
    });
  }
}

function startOf(hunk: Hunk | undefined): number {
  return hunk?.base.start ?? Number.POSITIVE_INFINITY;
}

/** By how many pieces a side is longer than the base for these hunks. */
function growth(hunks: readonly Hunk[]): number {
  return hunks.reduce((sum, { base, side }) => sum + (side.end - side.start) - (base.end - base.start), 0);
}

/** What a side changed, in order; null if there is too much to compare. */
function hunksBetween(base: readonly string[], side: readonly string[]): readonly Hunk[] | null {
  const shorter = Math.min(base.length, side.length);
  let before = 0;
  while (before < shorter && base[before] === side[before]) before += 1;
  let after = 0;
  while (after < shorter - before && base[base.length - 1 - after] === side[side.length - 1 - after])
    after += 1;
  const baseLength = base.length - before - after;
  const sideLength = side.length - before - after;
  if (Math.max(baseLength, sideLength) > maxDifferingPieces) return null;
  const hunks: Hunk[] = [];
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
