const lastCodePoint = 0x10ffff;
const lastBeforeSurrogates = 0xd7ff;
const firstAfterSurrogates = 0xe000;

/**
 * The least text beyond all that begin with a prefix, in the order of SQLite (by code point); null if there is none,
 * as for the empty prefix.
 */
export function endOfPrefix(prefix: string): string | null {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === lastCodePoint) points.pop();
  const last = points.pop();
  if (last === undefined) return null;
  return String.fromCodePoint(...points, last === lastBeforeSurrogates ? firstAfterSurrogates : last + 1);
}
