import { type Hunk, hunksBetween, type Stretch } from "./hunks.js";
import { alignThreeWays, joinRegions, type ThreeWays } from "./three-way.js";

type Tokens = readonly string[];

/**
 * Merges the tokens of a stretch that both sides changed (SPEC.md M5 to M7); null where that is a conflict: edits
 * touch, a side took out most of the stretch, they disagree on a name, or did more to one line than M6 allows.
 */
export function mergeTokens(tokens: ThreeWays<Tokens>): string | null {
  if (disagreeOnName(tokens)) return null;
  const left = hunksBetween(tokens.base, tokens.left);
  const right = hunksBetween(tokens.base, tokens.right);
  if (left === null || right === null) return null;
  if (takesOutMost(tokens.base, left) || takesOutMost(tokens.base, right)) return null;
  const leftLines = editsByLine(tokens.base, tokens.left, left);
  const rightLines = editsByLine(tokens.base, tokens.right, right);
  for (const [line, edits] of leftLines) {
    const others = rightLines.get(line);
    if (others !== undefined && !isMergedLine(edits, others)) return null;
  }
  const regions = alignThreeWays(tokens.base.length, left, right, "reach");
  return joinRegions(tokens, regions, () => null);
}

/** Whether hunks take out more than half of the tokens: what the other side changed was about the text that went. */
function takesOutMost(base: Tokens, hunks: readonly Hunk[]): boolean {
  const takenOut = hunks.reduce((sum, hunk) => sum + solidTokensIn(base, hunk.base), 0);
  return 2 * takenOut > solidTokensIn(base, { start: 0, end: base.length });
}

/** How many tokens a stretch has, white space aside. */
function solidTokensIn(tokens: Tokens, { start, end }: Stretch): number {
  return tokens.slice(start, end).filter((token) => token.trim() !== "").length;
}

/** What a side did to a line: one edit within it that puts in only, or takes out as well; or more than that. */
type LineEdits = "puts in" | "takes out" | "more";

/** Whether both sides' edits of one line stand: of two who took something out there, each may have meant the whole. */
function isMergedLine(one: LineEdits, other: LineEdits): boolean {
  return one !== "more" && other !== "more" && !(one === "takes out" && other === "takes out");
}

/** For the lines of the base that a side changed: what it did to them. */
function editsByLine(base: Tokens, side: Tokens, hunks: readonly Hunk[]): ReadonlyMap<number, LineEdits> {
  const lines = new Map<number, LineEdits>();
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
    const within = solidTokensIn(base, hunk.base) === 0 ? "puts in" : "takes out";
    for (let touched = first; touched <= last; touched += 1)
      lines.set(touched, isWithin && !lines.has(touched) ? within : "more");
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
  return nameCounts(tokens).some(
    ({ base, left, right }) => base > 0 && ((left === 0 && right > base) || (right === 0 && left > base)),
  );
}

/**
 * Whether in a stretch that both sides changed one has a name more often and the other less often than the base, or
 * both have one that the base has not (SPEC.md M7): they may have done the same thing in two ways.
 */
function disagreeOnName(tokens: ThreeWays<Tokens>): boolean {
  return nameCounts(tokens).some(({ base, left, right }) =>
    base === 0 ? left > 0 && right > 0 : (left < base && right > base) || (left > base && right < base),
  );
}

/** How often each name is there in the three. */
function nameCounts(tokens: ThreeWays<Tokens>): readonly ThreeWays<number>[] {
  const counts = new Map<string, Record<keyof ThreeWays<Tokens>, number>>();
  for (const side of ["base", "left", "right"] as const) {
    for (const token of tokens[side]) {
      if (!isName(token)) continue;
      const count = counts.get(token) ?? { base: 0, left: 0, right: 0 };
      count[side] += 1;
      counts.set(token, count);
    }
  }
  return [...counts.values()];
}

function isName(token: string): boolean {
  return /^(?:[\p{L}_]|``)/u.test(token);
}
