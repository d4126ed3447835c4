const atOnce = 20;

/** Does some work `count` times, 20 at once. */
export async function inGroups(count: number, work: (number: number) => Promise<void>): Promise<void> {
  for (let start = 0; start < count; start += atOnce) {
    const group = Array.from({ length: Math.min(atOnce, count - start) }, (_, offset) => start + offset);
    await Promise.all(group.map(work));
  }
}
