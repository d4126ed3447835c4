const dayMs = 24 * 60 * 60 * 1000;

/** The day of a time, counted from 1970: as fine as use is noted (S7). */
export function dayOf(timeMs: number): number {
  return Math.max(0, Math.floor(timeMs / dayMs));
}
