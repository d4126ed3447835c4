/** Digits of an id that are shown where people look at it; any unique beginning is accepted. */
const shortIdDigits = 12;

/** The beginning of an id or hash. */
export function shortId(id: string): string {
  return id.slice(0, shortIdDigits);
}

/** `1 file`, `3 files`. */
export function countOf(count: number, thing: string, things = `${thing}s`): string {
  return `${count} ${count === 1 ? thing : things}`;
}

/** The first of some words, and how many more there are. */
export function someOf(words: readonly string[], limit: number): string {
  const rest = words.length - limit;
  return words.slice(0, limit).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** A time as people read it, in their own zone: `2026-11-22 17:05`. */
export function localTime(timeMs: number): string {
  const time = new Date(timeMs);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
}
