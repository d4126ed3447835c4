/** Digits of an id that are shown where people look at it; any unique beginning is accepted. */
const shortIdDigits = 12;

/** The beginning of an id or hash. */
export function shortId(id: string): string {
  return id.slice(0, shortIdDigits);
}

/** Words with a capital before and a full stop behind. */
export function sentence(words: string): string {
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`;
}

/** A word as a shell takes it. */
export function shellWord(word: string): string {
  return /^[\p{L}\p{N}_@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** `1 file`, `3 files`. */
export function countOf(count: number, thing: string, things = `${thing}s`): string {
  return `${count} ${count === 1 ? thing : things}`;
}

/** What a sync came to, in one line. */
export function syncCounts(pushed: number, pulled: number, conflicts: number, failed: number): string {
  return `${pushed} pushed, ${pulled} pulled, ${countOf(conflicts, "conflict")}, ${failed} failed.`;
}

/** What became of discarded changes. */
export function discardedText(count: number, bundle: string): string {
  const [are, them] = count === 1 ? ["It is", "it"] : ["They are", "them"];
  return `${countOf(count, "change")} discarded. ${are} in ${bundle}; \`darklang bundle apply\` queues ${them} again.`;
}

/** The first of some words, and how many more there are. */
export function someOf(words: readonly string[], limit: number): string {
  const rest = words.length - limit;
  return words.slice(0, limit).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** The end of what a `Date` can hold. */
export const lastDateMs: number = 8.64e15;

/** A time as people read it, in their own zone: `2026-11-22 17:05`. */
export function localTime(timeMs: number): string {
  if (timeMs > lastDateMs) return "beyond all dates";
  const time = new Date(timeMs);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** What a text was merged from, in a line; none if it was not merged. */
export function describeMerge(
  versions: readonly { readonly author: string; readonly change: string }[],
): readonly string[] {
  const [only, ...others] = versions.map(({ author, change }) => `${author}'s ${shortId(change)}`);
  if (only === undefined) return [];
  return others.length === 0
    ? [`Shown is ${only}, which was written before it was moved here.`]
    : [`Merged from ${[only, ...others].join(" and ")}. The next save takes their place.`];
}
