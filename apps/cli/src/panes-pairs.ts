import { diffArrays } from "diff";

/** Lines of two texts that belong together; null: the other has none like it. */
export interface LinePair {
  readonly before: string | null;
  readonly after: string | null;
}

/** Beyond so many lines that differ, two texts count as having none in common: the search takes the square of it. */
const maxLineEdits = 2000;

/** From this share of common words on, a line is a new version of another. */
export const leastSimilarity: number = 0.3;

/**
 * The lines of two texts in their order: equal ones together, and of those that differ the ones that are alike.
 * `least`: how much alike, from 0 (any two) to 1.
 */
export function pairLines(
  before: readonly string[],
  after: readonly string[],
  least: number,
): readonly LinePair[] {
  const changes = diffArrays([...before], [...after], { maxEditLength: maxLineEdits });
  if (changes === undefined) return pairAlike(before, after, least);
  const pairs: LinePair[] = [];
  let removed: readonly string[] = [];
  let added: readonly string[] = [];
  for (const change of changes) {
    if (change.removed) removed = change.value;
    else if (change.added) added = change.value;
    else {
      pairs.push(...pairAlike(removed, added, least));
      for (const line of change.value) pairs.push({ before: line, after: line });
      removed = [];
      added = [];
    }
  }
  return [...pairs, ...pairAlike(removed, added, least)];
}

/** Above so many comparisons lines are paired as they come. */
const maxComparisons = 40_000;

/** Pairs lines of two runs so that the sum of their likeness is greatest, their order kept. */
function pairAlike(before: readonly string[], after: readonly string[], least: number): readonly LinePair[] {
  if (before.length * after.length > maxComparisons) return pairInOrder(before, after);
  const likeness = likenessOf(before, after, least);
  const best = Array.from({ length: before.length + 1 }, () => new Float64Array(after.length + 1));
  const bestAt = (row: number, column: number) => best[row]?.[column] ?? 0;
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      const together = bestAt(row + 1, column + 1) + likeness(row, column);
      (best[row] as Float64Array)[column] = Math.max(
        together,
        bestAt(row + 1, column),
        bestAt(row, column + 1),
      );
    }
  }
  const pairs: LinePair[] = [];
  let row = 0;
  let column = 0;
  while (row < before.length || column < after.length) {
    const [old, next] = [before[row] ?? null, after[column] ?? null];
    const alike = old === null || next === null ? 0 : likeness(row, column);
    if (alike > 0 && bestAt(row, column) === bestAt(row + 1, column + 1) + alike) {
      pairs.push({ before: old, after: next });
      row++;
      column++;
    } else if (old !== null && (next === null || bestAt(row, column) === bestAt(row + 1, column))) {
      pairs.push({ before: old, after: null });
      row++;
    } else {
      pairs.push({ before: null, after: next });
      column++;
    }
  }
  return pairs;
}

function pairInOrder(before: readonly string[], after: readonly string[]): readonly LinePair[] {
  return Array.from({ length: Math.max(before.length, after.length) }, (_, index) => ({
    before: before[index] ?? null,
    after: after[index] ?? null,
  }));
}

// Never quite nothing where any two may stand together, so that they do.
const anyLikeness = 0.001;

function likenessOf(
  before: readonly string[],
  after: readonly string[],
  least: number,
): (row: number, column: number) => number {
  const [rows, columns] = [before.map(wordCounts), after.map(wordCounts)];
  return (row, column) => {
    const share = sharedWords(rows[row] ?? new Map(), columns[column] ?? new Map());
    return share < least ? 0 : Math.max(share, anyLikeness);
  };
}

type WordCounts = ReadonlyMap<string, number>;

function wordCounts(line: string): WordCounts {
  const counts = new Map<string, number>();
  for (const [word] of line.matchAll(/[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu)) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

/** From 0, no word in common, to 1, the same words. */
function sharedWords(left: WordCounts, right: WordCounts): number {
  let shared = 0;
  for (const [word, count] of left) shared += Math.min(count, right.get(word) ?? 0);
  const all = [...left.values(), ...right.values()].reduce((sum, count) => sum + count, 0);
  return all === 0 ? 1 : (2 * shared) / all;
}
