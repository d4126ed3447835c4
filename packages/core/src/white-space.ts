import type { ThreeWays } from "./three-way.js";

/** What may not differ in the layout of two texts, where a line begins with the same token in both. */
export type KeptLayout = "depth" | "column";

/**
 * The side that stands if the other changed nothing but white space, or both are alike but for that; else null
 * (SPEC.md M4). Layout has a meaning: where `depth` is kept, a line that begins with the same token in both texts
 * stands deeper than, level with or shallower than the last such line in both alike; where `column` is kept, it
 * begins at the same column.
 */
export function withoutReformatting(
  { base, left, right }: ThreeWays<readonly string[]>,
  kept: KeptLayout,
): "left" | "right" | null {
  if (differInWhiteSpaceOnly(left, right, kept)) return left.join("") < right.join("") ? "left" : "right";
  const isLeftReformatted = differInWhiteSpaceOnly(base, left, kept);
  // Both may be, and stand apart: two breaks of one line, of which one makes it deeper and one shallower.
  if (isLeftReformatted === differInWhiteSpaceOnly(base, right, kept)) return null;
  return isLeftReformatted ? "right" : "left";
}

function differInWhiteSpaceOnly(one: readonly string[], other: readonly string[], kept: KeptLayout): boolean {
  const [first, second] = [new TokenReader(one), new TokenReader(other)];
  let above = { first: 0, second: 0 };
  for (;;) {
    const token = first.next();
    if (token !== second.next()) return false;
    if (token === null) return true;
    if (first.column === null || second.column === null) continue;
    const here = { first: first.column, second: second.column };
    const isKept =
      kept === "column"
        ? here.first === here.second
        : Math.sign(here.first - above.first) === Math.sign(here.second - above.second);
    if (!isKept) return false;
    above = here;
  }
}

/** Reads tokens one by one, but not white space. */
class TokenReader {
  /** The column of the token read last if a line begins with it, else null. */
  column: number | null = null;
  readonly #tokens: readonly string[];
  #at = 0;
  #next: number | null = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  /** The next token, or null at the end. */
  next(): string | null {
    for (;;) {
      const token = this.#tokens[this.#at];
      if (token === undefined) return null;
      this.#at += 1;
      if (token.trim() !== "") {
        this.column = this.#next;
        this.#next = null;
        return token;
      }
      const lineBreak = token.lastIndexOf("\n");
      if (lineBreak !== -1) this.#next = token.length - lineBreak - 1;
      else if (this.#next !== null) this.#next += token.length;
    }
  }
}
