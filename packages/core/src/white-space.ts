/**
 * Whether two token lists differ in white space only, and mean the same by their layout (SPEC.md M4): of the lines
 * that begin with the same token in both, each stands deeper than, level with or shallower than the one before it in
 * both alike.
 */
export function differInWhiteSpaceOnly(one: readonly string[], other: readonly string[]): boolean {
  const [ones, others] = [placesOf(one), placesOf(other)];
  if (ones.length !== others.length) return false;
  let above: { readonly one: number; readonly other: number } | null = null;
  for (const [index, place] of ones.entries()) {
    const match = others[index];
    if (match === undefined || match.token !== place.token) return false;
    if (place.column === null || match.column === null) continue;
    const here = { one: place.column, other: match.column };
    if (above !== null && Math.sign(here.one - above.one) !== Math.sign(here.other - above.other))
      return false;
    above = here;
  }
  return true;
}

/** A token that is not white space, and its column if a line begins with it. */
interface Place {
  readonly token: string;
  readonly column: number | null;
}

function placesOf(tokens: readonly string[]): readonly Place[] {
  const places: Place[] = [];
  let column: number | null = 0;
  for (const token of tokens) {
    if (token.trim() !== "") {
      places.push({ token, column });
      column = null;
      continue;
    }
    const lineBreak = token.lastIndexOf("\n");
    if (lineBreak !== -1) column = token.length - lineBreak - 1;
    else if (column !== null) column += token.length;
  }
  return places;
}
