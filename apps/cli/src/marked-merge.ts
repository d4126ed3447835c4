import { hunksBetween } from "@darksync/core/hunks";
import { alignThreeWays, type Region } from "@darksync/core/three-way";
import { diffArrays } from "diff";

/** The texts of a merge; null: removed, or as a base: not known. */
export interface MergeTexts {
  readonly base: string | null;
  readonly mine: string | null;
  readonly theirs: string | null;
}

/** What the markers call the sides. */
export type MergeLabels = Readonly<Record<keyof MergeTexts, string>>;

/**
 * The merge of two texts, line by line, with the markers of git (the base's lines too) around what cannot be merged;
 * it ends with an end of line. Where one of them was removed, the other.
 */
export function markedMerge({ base, mine, theirs }: MergeTexts, labels: MergeLabels): string {
  if (mine === null || theirs === null) return linesOf(mine ?? theirs ?? "").join("");
  const merged = base === null ? mergeTwo(mine, theirs, labels) : mergeThree(base, mine, theirs, labels);
  return merged.join("");
}

/** Whether markers are left in a merged text, beside lines that look like some in the texts themselves. */
export function hasMarkers(merged: string, { base, mine, theirs }: MergeTexts): boolean {
  const own = new Set([base, mine, theirs].flatMap((text) => (text === null ? [] : text.split("\n"))));
  return merged.split("\n").some((line) => markerPattern.test(line) && !own.has(line));
}

const markerPattern = /^(?:<{7} |\|{7} |>{7} |={7}\r?$)/;

function mergeThree(base: string, mine: string, theirs: string, labels: MergeLabels): readonly string[] {
  const [old, left, right] = [linesOf(base), linesOf(mine), linesOf(theirs)];
  const [mineHunks, theirHunks] = [hunksBetween(old, left), hunksBetween(old, right)];
  if (mineHunks === null || theirHunks === null) return marked(left, old, right, labels);
  const regions = alignThreeWays(old.length, mineHunks, theirHunks, "base");
  return regions.flatMap((region) => mergeRegion(region, old, left, right, labels));
}

function mergeRegion(
  region: Region,
  old: readonly string[],
  left: readonly string[],
  right: readonly string[],
  labels: MergeLabels,
): readonly string[] {
  const mine = left.slice(region.left.start, region.left.end);
  const theirs = right.slice(region.right.start, region.right.end);
  switch (region.changed) {
    case "neither":
    case "left":
      return mine;
    case "right":
      return theirs;
    case "both":
      if (mine.join("") === theirs.join("")) return mine;
      return marked(mine, old.slice(region.base.start, region.base.end), theirs, labels);
  }
}

function mergeTwo(mine: string, theirs: string, labels: MergeLabels): readonly string[] {
  const changes = diffArrays([...linesOf(mine)], [...linesOf(theirs)], { maxEditLength: maxLineEdits });
  if (changes === undefined) return marked(linesOf(mine), null, linesOf(theirs), labels);
  const merged: string[] = [];
  let removed: readonly string[] = [];
  let added: readonly string[] = [];
  const flush = () => {
    if (removed.length + added.length > 0) merged.push(...marked(removed, null, added, labels));
    removed = [];
    added = [];
  };
  for (const change of changes) {
    if (change.removed) removed = change.value;
    else if (change.added) added = change.value;
    else {
      flush();
      merged.push(...change.value);
    }
  }
  flush();
  return merged;
}

/** Beyond so many lines that differ, two texts count as having none in common: the search takes the square of it. */
const maxLineEdits = 2000;

function marked(
  mine: readonly string[],
  base: readonly string[] | null,
  theirs: readonly string[],
  labels: MergeLabels,
): readonly string[] {
  const before = base === null ? [] : [`||||||| ${labels.base}\n`, ...base];
  return [
    `<<<<<<< ${labels.mine}\n`,
    ...mine,
    ...before,
    "=======\n",
    ...theirs,
    `>>>>>>> ${labels.theirs}\n`,
  ];
}

/** Lines with their ends, the last one too. */
function linesOf(text: string): readonly string[] {
  return `${text.trimEnd()}\n`.match(/[^\n]*\n/g) ?? [];
}
