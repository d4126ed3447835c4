import type { Hunk, Stretch } from "./hunks.js";

/** One thing for each of the three sequences of a merge: the base, and the two sides that came from it. */
export type ThreeWays<Thing> = Readonly<Record<"base" | "left" | "right", Thing>>;

/** Makes one thing for each of the three. */
export function threeWays<Thing>(make: (side: keyof ThreeWays<Thing>) => Thing): ThreeWays<Thing> {
  return { base: make("base"), left: make("left"), right: make("right") };
}

/** A stretch of the base and what stands in its place on either side; `changed` says who replaced it. */
export interface Region extends ThreeWays<Stretch> {
  readonly changed: "neither" | "left" | "right" | "both";
}

/**
 * Lays the changes of two sides beside each other. The regions cover all three sequences from start to end, in order.
 * Changes of the two sides that overlap or touch are in one region; `extent` says whether that means where they
 * stand, or anywhere they could be said to stand.
 */
export function alignThreeWays(
  baseLength: number,
  left: readonly Hunk[],
  right: readonly Hunk[],
  extent: "base" | "reach",
): readonly Region[] {
  const regions: Region[] = [];
  const at = { base: 0, left: 0, right: 0 };
  const advance = (changed: Region["changed"], length: number, leftGrowth: number, rightGrowth: number) => {
    const region = {
      changed,
      base: { start: at.base, end: at.base + length },
      left: { start: at.left, end: at.left + length + leftGrowth },
      right: { start: at.right, end: at.right + length + rightGrowth },
    };
    regions.push(region);
    at.base = region.base.end;
    at.left = region.left.end;
    at.right = region.right.end;
  };
  for (const { start, end, ofLeft, ofRight } of groups(left, right, extent)) {
    if (start > at.base) advance("neither", start - at.base, 0, 0);
    const changed = ofLeft.length === 0 ? "right" : ofRight.length === 0 ? "left" : "both";
    advance(changed, end - start, growth(ofLeft), growth(ofRight));
  }
  if (baseLength > at.base) advance("neither", baseLength - at.base, 0, 0);
  return regions;
}

/** Hunks that overlap or touch, and the stretch of the base they cover. */
interface Group extends Stretch {
  readonly ofLeft: readonly Hunk[];
  readonly ofRight: readonly Hunk[];
}

function groups(left: readonly Hunk[], right: readonly Hunk[], extent: "base" | "reach"): readonly Group[] {
  const found: { start: number; end: number; ofLeft: Hunk[]; ofRight: Hunk[] }[] = [];
  const all = [
    ...left.map((hunk) => ({ hunk, isLeft: true })),
    ...right.map((hunk) => ({ hunk, isLeft: false })),
  ].sort((one, other) => one.hunk[extent].start - other.hunk[extent].start);
  for (const { hunk, isLeft } of all) {
    const { start, end } = hunk[extent];
    let group = found.at(-1);
    if (group === undefined || start > group.end) {
      group = { start, end, ofLeft: [], ofRight: [] };
      found.push(group);
    }
    group.end = Math.max(group.end, end);
    (isLeft ? group.ofLeft : group.ofRight).push(hunk);
  }
  return found;
}

/** By how many pieces a side is longer than the base for these hunks. */
function growth(hunks: readonly Hunk[]): number {
  return hunks.reduce((sum, { base, side }) => sum + (side.end - side.start) - (base.end - base.start), 0);
}

/** Joins what each region comes to; where both sides changed it and disagree, `settle` says, or gives up with null. */
export function joinRegions(
  pieces: ThreeWays<readonly string[]>,
  regions: readonly Region[],
  settle: (region: Region) => string | null,
): string | null {
  const merged: string[] = [];
  for (const region of regions) {
    const settled = isDisputed(pieces, region)
      ? settle(region)
      : textOf(pieces, region, region.changed === "neither" || region.changed === "right" ? "right" : "left");
    if (settled === null) return null;
    merged.push(settled);
  }
  return merged.join("");
}

/** Whether both sides changed a region, and not alike. */
export function isDisputed(pieces: ThreeWays<readonly string[]>, region: Region): boolean {
  return region.changed === "both" && textOf(pieces, region, "left") !== textOf(pieces, region, "right");
}

function textOf(pieces: ThreeWays<readonly string[]>, region: Region, side: "left" | "right"): string {
  return pieces[side].slice(region[side].start, region[side].end).join("");
}
