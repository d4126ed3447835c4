/** Works on up to `limit` items at once, and gives the results in the order of the items. Ends at the first that throws. */
export async function* inOrder<Item, Value>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<Value>,
): AsyncGenerator<Value> {
  const started: Promise<Value>[] = [];
  for (let next = 0; next < items.length || started.length > 0; ) {
    for (; started.length < limit && next < items.length; next += 1) {
      const promise = work(items[next] as Item);
      // A failure is thrown where its turn comes; till then it must not count as looked at by nobody.
      promise.catch(() => {});
      started.push(promise);
    }
    const first = started.shift();
    if (first !== undefined) yield await first;
  }
}
