import type { Piece } from "./panes-align.js";

/** A line of more is for an editor: only what surrounds its changes is shown. */
const mostLetters = 800;

/** Letters that stay on either side of a change. */
const contextLetters = 80;

/** Letters that stay at either end of a changed stretch, or at the start of a line that was not changed. */
const endLetters = 200;

/** Fewer are shown: the words in their place would take as much room. */
const leastCut = 40;

/** A line as it is, or of a very long one what surrounds its changes, with how many letters were left out. */
export function cutPieces(pieces: readonly Piece[]): readonly Piece[] {
  if (pieces.reduce((sum, { text }) => sum + text.length, 0) <= mostLetters) return pieces;
  const lastIndex = pieces.length - 1;
  const shown = pieces.flatMap((piece, index) => {
    if (piece.isChanged || lastIndex === 0) return cutMiddle(piece, endLetters, endLetters);
    return cutMiddle(piece, index === 0 ? 0 : contextLetters, index === lastIndex ? 0 : contextLetters);
  });
  return cutEnd(shown);
}

function cutMiddle(piece: Piece, before: number, after: number): readonly Piece[] {
  const letters = [...piece.text];
  const count = letters.length - before - after;
  if (count < leastCut) return [piece];
  const part = (start: number, end: number) => ({ ...piece, text: letters.slice(start, end).join("") });
  const parts = [part(0, before), leftOut(count), part(letters.length - after, letters.length)];
  return parts.filter(({ text }) => text !== "");
}

/** Where a line was changed all over, its first changes. */
function cutEnd(pieces: readonly Piece[]): readonly Piece[] {
  let room = mostLetters;
  const fitting = pieces.findIndex(({ text }) => {
    room -= text.length;
    return room < 0;
  });
  if (fitting === -1) return pieces;
  const rest = pieces.slice(fitting + 1).reduce((sum, { text }) => sum + text.length, 0);
  return rest < leastCut ? pieces : [...pieces.slice(0, fitting + 1), leftOut(rest)];
}

function leftOut(count: number): Piece {
  return { text: ` ⋯ ${count} letters ⋯ `, isChanged: false };
}
