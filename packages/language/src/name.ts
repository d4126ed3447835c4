/** A quoted name, ``` ``odd name`` ```. Sticky. */
export const quotedName: RegExp = /``[^`\r\n]+``/y;

/** A character in quotes: an escape, or one grapheme (a base and the combining units that follow it). Sticky. */
export const charLiteral: RegExp = /'(?:\\[^\r\n][^'\s]{0,10}|[^\\'\r\n][^\0-\x7f]{0,40})'/uy;

/** A plain or quoted name, as a source for larger patterns (flag `u`). */
export const namePattern = "(?:``[^`\\r\\n]+``|[\\p{L}_][\\p{L}\\p{N}_']*)";

const plainName = /^[\p{L}_][\p{L}\p{N}_']*$/u;
const nameUnit = /[\p{L}\p{N}_']/u;

/** Whether a UTF-16 unit can be the last one of a plain name. */
export function isNameUnit(unit: string | undefined): boolean {
  return unit !== undefined && nameUnit.test(unit);
}

/** A name as a segment of a location: quotes that it does not need are left out, ``` ``mod`` ``` is `mod`. */
export function segmentOf(name: string): string {
  const bare = name.startsWith("``") ? name.slice(2, -2) : name;
  return plainName.test(bare) ? bare : name;
}

/** The segments of a dotted path of plain and quoted names. */
export function segmentsOfPath(path: string): string[] {
  return (path.match(/``[^`\r\n]+``|[^.`]+/g) ?? []).map(segmentOf);
}
