/** Unchanged lines that stay on either side of a change. */
const contextLines = 2;

/** A stretch of fewer lines is shown: the line in its place would take as much room. */
const leastFolded = 3;

/** A part of a list: shown, or so many unchanged lines left out. */
export type Folded<Item> =
  | { readonly type: "shown"; readonly item: Item }
  | { readonly type: "folded"; readonly count: number };

/** Leaves out what is unchanged and far from every change; all of it stays where nothing was changed. */
export function fold<Item>(
  items: readonly Item[],
  isChanged: (item: Item) => boolean,
): readonly Folded<Item>[] {
  const changes = items.flatMap((item, index) => (isChanged(item) ? [index] : []));
  if (changes.length === 0) return items.map((item) => ({ type: "shown", item }));
  const isNear = new Array<boolean>(items.length).fill(false);
  for (const index of changes) isNear.fill(true, Math.max(0, index - contextLines), index + contextLines + 1);
  const parts: Folded<Item>[] = [];
  for (let start = 0; start < items.length; ) {
    let end = start + 1;
    while (end < items.length && isNear[end] === isNear[start]) end++;
    if (isNear[start] !== true && end - start >= leastFolded) {
      parts.push({ type: "folded", count: end - start });
    } else parts.push(...items.slice(start, end).map((item) => ({ type: "shown", item }) as const));
    start = end;
  }
  return parts;
}

/** What stands in the place of lines left out. */
export function foldedText(count: number): string {
  return `⋯ ${count} lines`;
}
