/** How many requests to the object store run at a time. */
const parallel = 8;

/** Called after each batch with the number of items done. */
export type ReportBatches = (progress: { done: number; total: number }) => void;

/** Runs the same work for every item, a few at a time; results come in the order of the items. */
export async function inBatches<Item, Result>(
  items: readonly Item[],
  act: (item: Item) => Promise<Result>,
  report: ReportBatches = () => {},
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += parallel) {
    results.push(...(await Promise.all(items.slice(start, start + parallel).map(act))));
    report({ done: results.length, total: items.length });
  }
  return results;
}
