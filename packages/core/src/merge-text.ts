import { type DefinitionText, renderDefinition } from "./definition.js";
import { hunksBetween, maxDifferingPieces, type Stretch } from "./hunks.js";
import type { Language } from "./language.js";
import { bringsBackName, mergeTokens } from "./merge-tokens.js";
import {
  alignThreeWays,
  isDisputed,
  joinRegions,
  type Region,
  type ThreeWays,
  threeWays,
} from "./three-way.js";
import { withoutReformatting } from "./white-space.js";

/**
 * Merges two texts against the one both came from; null where that is a conflict. Whole lines first; where lines
 * overlap, a side that changed white space only gives way, else the tokens of the language are merged if the edits do
 * not touch. The result is one well-formed definition of the same name and kind. Which side is left makes no
 * difference. Pure and total, in time about linear in the texts; these are the merge rules 1 (SPEC.md M1 to M10).
 */
export function mergeTexts(
  language: Pick<Language, "tokens" | "parseDefinition">,
  name: string,
  base: DefinitionText,
  left: DefinitionText,
  right: DefinitionText,
): DefinitionText | null {
  if (left.kind !== base.kind || right.kind !== base.kind) return null;
  if (isSame(left, right) || isSame(right, base)) return left;
  if (isSame(left, base)) return right;
  const merged = mergeSources(language, {
    base: renderDefinition(base, name),
    left: renderDefinition(left, name),
    right: renderDefinition(right, name),
  });
  if (merged === null) return null;
  const parsed = language.parseDefinition(merged);
  if ("reason" in parsed || parsed.name !== name || parsed.text.kind !== base.kind) return null;
  return renderDefinition(parsed.text, name) === merged ? parsed.text : null;
}

function isSame(one: DefinitionText, other: DefinitionText): boolean {
  return one.head === other.head && one.tail === other.tail;
}

function mergeSources(language: Pick<Language, "tokens">, sources: ThreeWays<string>): string | null {
  const lineBreak = mergedLineBreak(sources);
  if (lineBreak === null) return null;
  // Every line with its line break, the last one too, so that a line added at the end leaves the one before it alone.
  const plain = threeWays(
    (side) => `${lineBreak === "as is" ? sources[side] : sources[side].replaceAll("\r\n", "\n")}\n`,
  );
  const merged = mergePlain(language, plain);
  if (merged === null) return null;
  const text = merged.slice(0, -1);
  return lineBreak === "\r\n" ? text.replaceAll("\n", "\r\n") : text;
}

function mergePlain(language: Pick<Language, "tokens">, sources: ThreeWays<string>): string | null {
  const lines = threeWays((side) => sources[side].match(/[^\n]*\n/g) ?? []);
  const left = hunksBetween(lines.base, lines.left);
  const right = hunksBetween(lines.base, lines.right);
  if (left === null || right === null) return null;
  const regions = alignThreeWays(lines.base.length, left, right, "base");
  if (!regions.some((region) => isDisputed(lines, region))) return joinRegions(lines, regions, () => null);
  const tokens = threeWays((side) => language.tokens(sources[side]));
  const standing = withoutReformatting(tokens, "depth");
  if (standing !== null) return sources[standing];
  const merged = joinRegions(lines, regions, disputeSettler(tokens, lines));
  return merged !== null && bringsBackName(tokens) ? null : merged;
}

/** The line break of the result: that of the side that changed it; null if both did, each in its own way. */
function mergedLineBreak(sources: ThreeWays<string>): "\n" | "\r\n" | "as is" | null {
  const breaks = threeWays((side) => lineBreakOf(sources[side]));
  if (breaks.base === "both" || breaks.left === "both" || breaks.right === "both") return "as is";
  const left = breaks.left ?? breaks.base;
  const right = breaks.right ?? breaks.base;
  if (left === right || right === breaks.base) return left ?? "\n";
  return left === breaks.base || left === null ? right : right === null ? left : null;
}

function lineBreakOf(text: string): "\n" | "\r\n" | "both" | null {
  const plain = /(?<!\r)\n/.test(text);
  if (text.includes("\r\n")) return plain ? "both" : "\r\n";
  return plain ? "\n" : null;
}

/** Settles disputed lines by their tokens, all regions together within the limit on what is compared. */
function disputeSettler(
  tokens: ThreeWays<readonly string[]>,
  lines: ThreeWays<readonly string[]>,
): (region: Region) => string | null {
  const cut = threeWays((side) => tokenCutter(tokens[side], lines[side]));
  let room = maxDifferingPieces;
  return (region) => {
    const [base, left, right] = [cut.base(region.base), cut.left(region.left), cut.right(region.right)];
    if (base === null || left === null || right === null) return null;
    room -= Math.max(base.length, left.length, right.length);
    if (room < 0) return null;
    const disputed = { base, left, right };
    const standing = withoutReformatting(disputed, "column");
    return standing === null ? mergeTokens(disputed) : disputed[standing].join("");
  };
}

/** The tokens of a stretch of lines; null if a token crosses its start or end. To be asked from top to bottom. */
type TokenCutter = (lines: Stretch) => readonly string[] | null;

function tokenCutter(tokens: readonly string[], lines: readonly string[]): TokenCutter {
  const line = { at: 0, offset: 0 };
  const token = { at: 0, offset: 0 };
  const offsetOf = (end: number) => {
    for (; line.at < end; line.at += 1) line.offset += lines[line.at]?.length ?? 0;
    return line.offset;
  };
  const reach = (offset: number) => {
    for (; token.offset < offset; token.at += 1) token.offset += tokens[token.at]?.length ?? 0;
    return token.offset === offset;
  };
  return (stretch) => {
    if (!reach(offsetOf(stretch.start))) return null;
    const first = token.at;
    return reach(offsetOf(stretch.end)) ? tokens.slice(first, token.at) : null;
  };
}
