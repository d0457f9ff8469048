/** Requests to the object store at a time. */
const parallel = 8;

/** Hears after each batch how many are done. */
export type ReportBatches = (progress: { done: number; total: number }) => void;

/** Does the same for each of them, some at a time; results in the same order. */
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
