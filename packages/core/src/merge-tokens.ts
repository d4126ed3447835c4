import { type Hunk, hunksBetween } from "./hunks.js";
import { alignThreeWays, joinRegions, type ThreeWays } from "./three-way.js";

type Tokens = readonly string[];

/**
 * Merges the tokens of a stretch that both sides changed (SPEC.md M5, M6); null where that is a conflict: edits touch,
 * or a line that both changed has more than one edit of a side, or one that goes beyond it.
 */
export function mergeTokens(tokens: ThreeWays<Tokens>): string | null {
  const left = hunksBetween(tokens.base, tokens.left);
  const right = hunksBetween(tokens.base, tokens.right);
  if (left === null || right === null) return null;
  const leftLines = editsByLine(tokens.base, tokens.left, left);
  const rightLines = editsByLine(tokens.base, tokens.right, right);
  for (const [line, edits] of leftLines) {
    const others = rightLines.get(line);
    if (others !== undefined && !(edits === "one within" && others === "one within")) return null;
  }
  const regions = alignThreeWays(tokens.base.length, left, right, "reach");
  return joinRegions(tokens, regions, () => null);
}

/** For the lines of the base that a side changed: whether by one edit that stays within the line. */
function editsByLine(base: Tokens, side: Tokens, hunks: readonly Hunk[]): Map<number, "one within" | "more"> {
  const lines = new Map<number, "one within" | "more">();
  let at = 0;
  let line = 0;
  const breaksUpTo = (end: number) => {
    for (; at < end; at += 1) line += lineBreaksIn(base[at]);
    return line;
  };
  for (const hunk of hunks) {
    const first = breaksUpTo(hunk.base.start);
    const last = breaksUpTo(Math.max(hunk.base.end - 1, hunk.base.start));
    const pieces = [
      ...base.slice(hunk.base.start, hunk.base.end),
      ...side.slice(hunk.side.start, hunk.side.end),
    ];
    const isWithin = pieces.every((piece) => lineBreaksIn(piece) === 0);
    for (let touched = first; touched <= last; touched += 1)
      lines.set(touched, isWithin && !lines.has(touched) ? "one within" : "more");
  }
  return lines;
}

function lineBreaksIn(piece: string | undefined): number {
  return piece === undefined ? 0 : piece.split("\n").length - 1;
}

/**
 * Whether one side newly uses a name that the other took out altogether (SPEC.md M7): what it stood for may be gone,
 * or have another name.
 */
export function bringsBackName(tokens: ThreeWays<Tokens>): boolean {
  const names = {
    base: countNames(tokens.base),
    left: countNames(tokens.left),
    right: countNames(tokens.right),
  };
  for (const [name, count] of names.base) {
    const [left, right] = [names.left.get(name) ?? 0, names.right.get(name) ?? 0];
    if ((left === 0 && right > count) || (right === 0 && left > count)) return true;
  }
  return false;
}

function countNames(tokens: Tokens): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const token of tokens) {
    if (/^(?:[\p{L}_]|``)/u.test(token)) counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  return counts;
}
