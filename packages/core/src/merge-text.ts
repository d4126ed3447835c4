import { type DefinitionText, renderDefinition } from "./definition.js";
import type { Language } from "./language.js";
import { alignThreeWays, maxDifferingPieces, type Region, type Stretch } from "./three-way.js";

/**
 * Merges two texts against the one both came from; null where that is a conflict. Whole lines first; where lines
 * overlap, the tokens of the language, if the edits do not touch; and the result must be one well-formed definition
 * of the same name and kind. It makes no difference which side is left. Pure and total; takes time in proportion to
 * the texts. These are the merge rules 1 (SPEC.md, "Merging texts").
 */
export function mergeTexts(
  language: Pick<Language, "tokens" | "parseDefinition">,
  name: string,
  base: DefinitionText,
  left: DefinitionText,
  right: DefinitionText,
): DefinitionText | null {
  if (left.kind !== base.kind || right.kind !== base.kind) return null;
  const texts = {
    base: renderDefinition(base, name),
    left: renderDefinition(left, name),
    right: renderDefinition(right, name),
  };
  if (isSame(left, right) || isSame(right, base)) return left;
  if (isSame(left, base)) return right;
  const merged = mergeSources(language, texts);
  if (merged === null) return null;
  const parsed = language.parseDefinition(merged);
  if ("reason" in parsed || parsed.name !== name || parsed.text.kind !== base.kind) return null;
  return renderDefinition(parsed.text, name) === merged ? parsed.text : null;
}

interface Sources {
  readonly base: string;
  readonly left: string;
  readonly right: string;
}

type Side = keyof Sources;

/** The three texts as pieces, lines or tokens. */
type Pieces = Readonly<Record<Side, readonly string[]>>;

function isSame(one: DefinitionText, other: DefinitionText): boolean {
  return one.head === other.head && one.tail === other.tail;
}

function mergeSources(language: Pick<Language, "tokens">, sources: Sources): string | null {
  const lineBreak = mergedLineBreak(sources);
  if (lineBreak === null) return null;
  // Every line with its line break, the last one too, so that a line added at the end leaves the one before it alone.
  const plain = mapSides(
    (side) => `${lineBreak === "" ? sources[side] : sources[side].replaceAll("\r\n", "\n")}\n`,
  );
  const lines = mapSides((side) => plain[side].match(/[^\n]*\n/g) ?? []);
  const regions = alignThreeWays(lines.base, lines.left, lines.right);
  if (regions === null) return null;
  const merged = joinRegions(lines, regions, tokenMerger(language, plain, lines));
  if (merged === null) return null;
  const text = merged.slice(0, -1);
  return lineBreak === "\r\n" ? text.replaceAll("\n", "\r\n") : text;
}

function mapSides<Value>(of: (side: Side) => Value): Readonly<Record<Side, Value>> {
  return { base: of("base"), left: of("left"), right: of("right") };
}

/** The line break of the result: as on the side that changed it; empty if a text has both kinds, null if unclear. */
function mergedLineBreak(sources: Sources): "\n" | "\r\n" | "" | null {
  const breaks = mapSides((side) => lineBreakOf(sources[side]));
  if (breaks.base === "both" || breaks.left === "both" || breaks.right === "both") return "";
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

/** Joins what each region comes to; where both sides changed it and disagree, `settle` says, or gives up with null. */
function joinRegions(
  pieces: Pieces,
  regions: readonly Region[],
  settle: (region: Region) => string | null,
): string | null {
  const merged: string[] = [];
  for (const region of regions) {
    const text = (side: Side) => pieces[side].slice(region[side].start, region[side].end).join("");
    const side = region.changed === "neither" ? "base" : region.changed;
    const settled =
      side !== "both" ? text(side) : text("left") === text("right") ? text("left") : settle(region);
    if (settled === null) return null;
    merged.push(settled);
  }
  return merged.join("");
}

/** Merges the tokens of regions of lines, all of them together within the limit on what is compared. */
function tokenMerger(
  language: Pick<Language, "tokens">,
  sources: Sources,
  lines: Pieces,
): (region: Region) => string | null {
  let cut: Readonly<Record<Side, TokenCutter>> | null = null;
  let left = maxDifferingPieces;
  return (region) => {
    cut ??= mapSides((side) => tokenCutter(language.tokens(sources[side]), lines[side]));
    const [base, ours, theirs] = [cut.base(region.base), cut.left(region.left), cut.right(region.right)];
    if (base === null || ours === null || theirs === null) return null;
    left -= Math.max(base.length, ours.length, theirs.length);
    const regions = left < 0 ? null : alignThreeWays(base, ours, theirs);
    return regions && joinRegions({ base, left: ours, right: theirs }, regions, () => null);
  };
}

/** The tokens of a stretch of lines; null if a token crosses its start or end. */
type TokenCutter = (lines: Stretch) => readonly string[] | null;

function tokenCutter(tokens: readonly string[], lines: readonly string[]): TokenCutter {
  const lineStarts = startsOf(lines);
  const tokenAt = new Map(startsOf(tokens).map((start, index) => [start, index]));
  return (stretch) => {
    const start = tokenAt.get(lineStarts[stretch.start] ?? -1);
    const end = tokenAt.get(lineStarts[stretch.end] ?? -1);
    return start === undefined || end === undefined ? null : tokens.slice(start, end);
  };
}

/** Where each piece starts in the text they make together, and where that ends. */
function startsOf(pieces: readonly string[]): readonly number[] {
  const starts = [0];
  for (const piece of pieces) starts.push((starts.at(-1) ?? 0) + piece.length);
  return starts;
}
